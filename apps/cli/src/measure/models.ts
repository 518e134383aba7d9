import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@retort/families';
import { listTree } from '@retort/foundation/digest';
import { type ArtifactMeasurement, measureArrays } from '@retort/pipeline-comparison';
import { compareKeyDocuments, type KeyDifference } from '@retort/pipeline-graph';

type Part = ArtifactMeasurement['parts'][number];

/** Tensor by tensor in every safetensors file of two model folders; every other file has to say the same. */
export async function measureModels(before: string, after: string): Promise<ArtifactMeasurement> {
  const [old, current] = await Promise.all([listTree(before), listTree(after)]);
  const problems = [
    ...old.filter((name) => !current.includes(name)).map((name) => `${name} is missing`),
    ...current.filter((name) => !old.includes(name)).map((name) => `${name} is new`),
  ];
  const parts: Part[] = [];
  for (const name of old.filter((each) => current.includes(each))) {
    const files = { before: join(before, name), after: join(after, name) };
    if (!name.endsWith('.safetensors')) {
      problems.push(...(await otherProblems(name, files)));
      continue;
    }
    const measured = await measureTensors(files);
    parts.push(...measured.parts);
    problems.push(...measured.problems.map((problem) => `${name}: ${problem}`));
  }
  return { tolerance: 'weights', parts, problems };
}

interface Files {
  readonly before: string;
  readonly after: string;
}

async function otherProblems(name: string, { before, after }: Files): Promise<string[]> {
  const [old, current] = [await readFile(before), await readFile(after)];
  if (old.equals(current)) return [];
  if (!name.endsWith('.json')) return [`${name} has different content`];
  const changed = compareKeyDocuments(JSON.parse(old.toString('utf8')), JSON.parse(current.toString('utf8')));
  return changed.filter((leaf) => !namesOtherBytes(leaf)).map(({ path }) => `${name} differs in ${path}`);
}

/** A digest of an input, which is compared where it was made. */
function namesOtherBytes({ before, after }: KeyDifference): boolean {
  return [before, after].every((value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
}

async function measureTensors({ before, after }: Files): Promise<{ parts: Part[]; problems: string[] }> {
  const [old, current] = [await readSafetensors(before), await readSafetensors(after)];
  const names = [...new Set([...old.keys(), ...current.keys()])].sort();
  const parts: Part[] = [];
  const problems: string[] = [];
  for (const name of names) {
    const [a, b] = [old.get(name), current.get(name)];
    if (a === undefined || b === undefined) problems.push(`${name} is ${a === undefined ? 'new' : 'missing'}`);
    else if (String(a.shape) !== String(b.shape))
      problems.push(`${name} had the shape [${a.shape.join(', ')}], now [${b.shape.join(', ')}]`);
    else {
      const measured = measureArrays(a.values, b.values);
      if (!Number.isFinite(measured.absolute)) problems.push(`${name} has values that are not numbers`);
      else if (measured.absolute > 0) parts.push({ name, ...measured });
    }
  }
  return { parts, problems };
}

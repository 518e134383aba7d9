import { join } from 'node:path';
import { printable } from '@retort/foundation/diagnostics';
import { listPipelines, type PipelineListing } from '@retort/pipeline-schema';
import type { Command } from 'commander';
import type { Surroundings } from './settings.ts';

/** What `retort` alone prints: its help, and the pipelines that there are to run. */
export async function startPage(program: Command, { workspace }: Surroundings): Promise<string> {
  const pipelines = workspace === undefined ? [] : await listPipelines(join(workspace, 'pipelines'));
  const list = pipelines.length === 0 ? '  none yet. Write one with: retort init' : pipelines.map(entry).join('\n');
  return `${program.helpInformation()}\nPipelines:\n${list}\n\nStart with: retort plan ${pipelines[0]?.name ?? '<pipeline>'}\n`;
}

function entry({ name, description, variants, problem }: PipelineListing): string {
  const what = problem === undefined ? printable(description) : `INVALID: ${printable(problem.message)}`;
  const variantLine =
    variants.length === 0 ? '' : `\n      variants: ${variants.map((variant) => printable(variant)).join(', ')}`;
  return `  ${printable(name)}\n      ${what}${variantLine}`;
}

import { printable } from '@retort/foundation/diagnostics';
import type { RunManifest } from '@retort/pipeline-runner';
import type { Colors } from './colors.ts';
import { failuresText } from './failures-text.ts';
import { textTable } from './text-table.ts';
import { formatBytes, formatCount, formatDecimal, formatDuration } from './units.ts';
import { warningsText } from './warnings-text.ts';

type ManifestStage = RunManifest['stages'][number];

/** One run: where, when, on what, and how each stage did. */
export function manifestText(manifest: RunManifest, colors: Colors): string {
  const { run, status, pipeline, stages } = manifest;
  const head = `${colors.bold(`Run ${printable(run)}`)}  ${printable(pipeline.name)}  ${status}`;
  const failures = failuresText(
    stages.flatMap((stage) => (stage.status === 'failed' ? [{ ...stage, status: stage.status }] : [])),
    colors,
  );
  return [head, factsText(manifest), stagesTable(stages), warningsText(stages, colors) ?? '', failures]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function runListText(manifests: readonly RunManifest[], colors: Colors): string {
  if (manifests.length === 0) return 'No runs yet.';
  const columns = [
    { title: 'run' },
    { title: 'pipeline' },
    { title: 'status' },
    { title: 'started' },
    { title: 'took', align: 'right' as const },
  ];
  const rows = manifests.map(({ run, pipeline, status, startedAt, seconds }) => [
    colors.bold(printable(run)),
    printable(pipeline.name),
    status,
    printable(startedAt),
    seconds === undefined ? '' : formatDuration(seconds),
  ]);
  return textTable(columns, rows);
}

function factsText({ pipeline, startedAt, seconds, engine, jobs, cores, hardware, versions }: RunManifest): string {
  const facts = [
    ['file', pipeline.file],
    ['started', startedAt],
    ['took', seconds === undefined ? 'not finished' : formatDuration(seconds)],
    ['engine', `${engine}, ${jobs} jobs on ${cores} cores`],
    ['hardware', `${hardware.processor}, ${formatBytes(hardware.memoryBytes)}, ${hardware.platform}`],
    ['node', versions.node ?? 'unknown'],
  ];
  return facts.map(([name = '', value = '']) => `${name.padEnd(9)} ${printable(value)}`).join('\n');
}

function stagesTable(stages: readonly ManifestStage[]): string {
  const right = 'right' as const;
  const columns = [
    { title: 'stage' },
    { title: 'status' },
    { title: 'took', align: right },
    { title: 'memory', align: right },
    { title: 'rows', align: right },
    { title: 'size', align: right },
    { title: 'figures' },
  ];
  return textTable(columns, stages.map(stageRow));
}

function stageRow({ id, status, seconds, peakMemoryBytes, outputs, metrics = {} }: ManifestStage): string[] {
  const artifacts = Object.values(outputs);
  const rows = artifacts.flatMap((output) => output.rows ?? []);
  return [
    printable(id),
    status,
    status === 'cached' || status === 'pending' ? '' : formatDuration(seconds),
    peakMemoryBytes === undefined ? '' : formatBytes(peakMemoryBytes),
    rows.length === 0 ? '' : rows.map(formatCount).join(' + '),
    artifacts.length === 0 ? '' : formatBytes(artifacts.reduce((sum, { bytes }) => sum + bytes, 0)),
    Object.entries(metrics)
      .map(([name, value]) => `${printable(name)} ${formatDecimal(value)}`)
      .join('  '),
  ];
}

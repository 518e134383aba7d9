import { relative } from 'node:path';
import { printable } from '@retort/foundation/diagnostics';
import type { PipelineGraph } from '@retort/pipeline-graph';
import type { StageSummary } from '@retort/pipeline-runner';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatBytes } from './units.ts';

interface ArtifactFolders {
  readonly artifactPath: (digest: string) => string;
}

/** Where the outputs lie that the pipeline calls its results; undefined when there are none. */
export function resultsText(
  { results }: PipelineGraph,
  stages: readonly StageSummary[],
  store: ArtifactFolders,
  colors: Colors,
): string | undefined {
  const rows = results.flatMap(({ stage, port }) => {
    const output = stages.find(({ id }) => id === stage)?.outputs[port];
    return output === undefined
      ? []
      : [
          [
            `${printable(stage)}.${printable(port)}`,
            formatBytes(output.bytes),
            shortPath(store.artifactPath(output.digest)),
          ],
        ];
  });
  if (rows.length === 0) return undefined;
  return `${colors.bold('Results')}\n${textTable([{ title: 'output' }, { title: 'size', align: 'right' }, { title: 'folder' }], rows)}`;
}

function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return printable(near.startsWith('..') ? path : near);
}

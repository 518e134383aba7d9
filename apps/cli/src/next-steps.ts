import { dirname } from 'node:path';
import { axisOfVariants, listPipelines } from '@retort/pipeline-schema';
import { pipelineWord, retortLine, runLine } from './command-line.ts';
import type { OpenPipeline } from './open-pipeline.ts';
import type { PipelineOptions, Surroundings } from './settings.ts';

/** What to type after a run: a variant of it, a pipeline that builds on it, and how to look closer. */
export async function nextSteps(
  { graph, variant }: OpenPipeline,
  { store, set = [] }: PipelineOptions,
  surroundings: Surroundings,
): Promise<string> {
  const args = store === undefined ? [] : ['--store', store];
  const ownArgs = [...set.flatMap((each) => ['--set', each]), ...args];
  const siblings = await listPipelines(dirname(graph.file));
  const self = siblings.find(({ file }) => file === graph.file);
  const hasChosenVariant = axisOfVariants(graph.matrix?.axes ?? []) === undefined;
  const other = hasChosenVariant ? self?.variants.find((name) => name !== variant) : undefined;
  const next = siblings.find(({ references }) => references.includes(graph.name));
  const word = pipelineWord(graph.file, surroundings) + (variant === undefined ? '' : `:${variant}`);
  const lines = [
    other === undefined
      ? undefined
      : [
          runLine({ file: graph.file, variant: other, args: ownArgs }, surroundings),
          'reruns only what the variant changes',
        ],
    next === undefined ? undefined : [runLine({ file: next.file, args }, surroundings), 'continues from this result'],
    [retortLine(['show', ...args]), 'shows this run'],
    [retortLine(['explain', word, ...ownArgs]), 'explains why each stage ran or was cached'],
  ].filter((line) => line !== undefined);
  const width = Math.max(...lines.map(([line = '']) => line.length));
  return `Next:\n${lines.map(([line = '', what]) => `  ${line.padEnd(width)}  # ${what}`).join('\n')}`;
}

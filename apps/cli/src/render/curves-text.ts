import { printable } from '@retort/foundation/diagnostics';
import { type InputEntry, inputEntries } from '@retort/foundation/inputs';
import type { PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import { type Curve, type EngineName, type Facts, takenBy } from '@retort/plugin-kit';
import asciichart from 'asciichart';
import type { Colors } from './colors.ts';
import { formatCount } from './units.ts';

const HEIGHT = 4;
const LABEL_WIDTH = 9;

interface Planned {
  readonly graph: PipelineGraph;
  readonly engine: EngineName;
}

/** A small chart of each setting that changes while its stage runs; none where nothing does. */
export function curvesText(planned: Planned, colors: Colors): string[] {
  return planned.graph.stages.flatMap((stage) =>
    curvesOf(stage, planned).map((curve) => `${heading(stage.id, curve, colors)}\n${chart(curve)}`),
  );
}

function curvesOf({ definition, config, inputs }: ResolvedStage, { graph, engine }: Planned): readonly Curve[] {
  if (definition.curves === undefined) return [];
  const facts = inputEntries(inputs).map(([name, input, at]): InputEntry<Facts> => {
    const from = input.kind === 'stage' ? graph.stages.find(({ id }) => id === input.stage) : undefined;
    return [name, (input.kind === 'stage' && from?.facts[input.port]) || {}, at];
  });
  return definition.curves({ config, inputs: takenBy(definition, facts), engine });
}

function heading(stage: string, { name, steps }: Curve, colors: Colors): string {
  const length = steps === undefined ? '' : ` over about ${formatCount(steps)} steps`;
  return `${colors.bold(printable(stage))}  ${printable(name)}${colors.dim(length)}`;
}

function chart({ values }: Curve): string {
  const format = (value: number) => value.toPrecision(3).padStart(LABEL_WIDTH);
  return asciichart.plot(values, { height: HEIGHT, format });
}

import type { DiagnosticLocation } from '@retort/foundation/diagnostics';
import { inputEntries, inputPath } from '@retort/foundation/inputs';
import type { PipelineStage, ResolvedPipeline } from '@retort/pipeline-schema';
import type { OutputPort } from '@retort/plugin-kit';

/** A stage together with the pipeline whose file declares it. */
export interface StageNode {
  /** `student-train`, or `general-distill#student-train` for a stage of another pipeline. */
  readonly id: string;
  readonly stage: PipelineStage;
  readonly pipeline: ResolvedPipeline;
  readonly outputs: Readonly<Record<string, OutputPort>>;
}

/** An input that comes from another stage. `from` is missing where there is no such stage. */
export interface Edge {
  /** Name of the input, and place in its list. */
  readonly input: string;
  readonly at: number;
  readonly stage: string;
  readonly port: string;
  /** Pipeline in which the stage is looked for. */
  readonly pipeline: ResolvedPipeline;
  readonly from?: StageNode;
}

/** The stages of a pipeline and those of others that it needs. */
export class StageNodes {
  readonly #main: ResolvedPipeline;
  readonly #nodes = new Map<string, StageNode>();
  readonly #edges = new Map<string, readonly Edge[]>();

  constructor(main: ResolvedPipeline) {
    this.#main = main;
    for (const id of main.stages.keys()) this.#add(main, id);
    // Looking up edges adds stages of other pipelines, and the loop goes on over them.
    for (const node of this.#nodes.values()) this.#edges.set(node.id, this.#edgesOf(node));
  }

  get ids(): string[] {
    return [...this.#nodes.keys()];
  }

  get(id: string): StageNode {
    return this.#nodes.get(id) as StageNode;
  }

  edges(id: string): readonly Edge[] {
    return this.#edges.get(id) ?? [];
  }

  /** Ids of the stages that come right before. */
  needs(id: string): string[] {
    return [...new Set(this.edges(id).flatMap(({ from }) => (from === undefined ? [] : [from.id])))];
  }

  #add(pipeline: ResolvedPipeline, stageId: string): StageNode {
    const id = pipeline === this.#main ? stageId : `${pipeline.name}#${stageId}`;
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const stage = pipeline.stages.get(stageId) as PipelineStage;
    const outputs = stage.definition.outputs({ config: stage.config, connected: Object.keys(stage.inputs) });
    const node = { id, stage, pipeline, outputs };
    this.#nodes.set(id, node);
    return node;
  }

  #edgesOf({ stage, pipeline }: StageNode): Edge[] {
    return inputEntries(stage.inputs).flatMap(([input, reference, at]) => {
      if (reference.kind === 'path' || reference.kind === 'hub') return [];
      const source =
        reference.kind === 'stage' ? pipeline : (pipeline.imports.get(reference.pipeline) as ResolvedPipeline);
      const isThere = source.stages.has(reference.stage);
      return [
        {
          input,
          at,
          stage: reference.stage,
          port: reference.port,
          pipeline: source,
          ...(isThere && { from: this.#add(source, reference.stage) }),
        },
      ];
    });
  }
}

export function locateInput({ pipeline, stage }: StageNode, input: string, at: number): DiagnosticLocation {
  return pipeline.locate(stage.id, inputPath(input, at));
}

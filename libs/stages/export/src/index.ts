import {
  defineStage,
  type Facts,
  type OutputPort,
  type StageProblem,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { ExportConfig } from './config.generated.ts';
import { headMessage } from './head-message.ts';
import { unlearnedMessage } from './unlearned-message.ts';

const FORMATS: Readonly<Record<ExportConfig['formats'][number], OutputPort>> = {
  huggingface: { type: 'model', description: 'For transformers: weights, config, tokenizer, model card' },
  onnx: { type: 'exported', description: 'model.onnx, with the tokenizer: any batch and sequence length' },
  onnxInt8: { type: 'exported', description: 'model.onnx with int8 weights, with the tokenizer' },
  tfjs: { type: 'exported', description: 'model.json and its weights for loadGraphModel, with the tokenizer' },
};

export const exportModel = defineStage<ExportConfig>()({
  kind: 'export',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    model: { types: ['model'], description: 'What is shipped, such as a student' },
    tokens: {
      types: ['tokens'],
      description: 'Rows to compare, score and time on; random ones when left out',
      optional: true,
    },
    evaluation: { types: ['report'], description: 'Scores for the model card', optional: true },
  },
  outputs: ({ config }) => ({
    ...formatPorts(config),
    report: { type: 'report', description: 'How far each format is from the source, its size and its score' },
    speed: {
      type: 'report',
      description: 'Latency on this machine: measured, so never the same bytes twice',
      isMeasured: true,
    },
  }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-export/run',
  describe: ({ config, inputs }) => ({
    ...Object.fromEntries(
      config.formats.map((format) => [format, format === 'huggingface' ? shippedFacts(inputs['model'] ?? {}) : {}]),
    ),
    report: {},
    speed: {},
  }),
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'model'),
    ...tokensFitProblems(inputs, ['model']),
    ...unlearnedProblems(inputs),
    ...headProblems(config, inputs['model']),
  ],
});

function formatPorts({ formats }: ExportConfig): { readonly [Format in keyof typeof FORMATS]?: OutputPort } {
  return Object.fromEntries(formats.map((format) => [format, FORMATS[format]]));
}

function headProblems(config: ExportConfig, model: Facts = {}): StageProblem[] {
  const message = headMessage(config.formats, model);
  return message === undefined ? [] : [{ code: 'EXPORT_HEAD', path: ['with', 'formats'], message }];
}

function unlearnedProblems({ model, tokens }: Readonly<Record<string, Facts>>): StageProblem[] {
  const message = unlearnedMessage(tokens?.maxSequenceLength, model?.learnedPositions);
  return message === undefined ? [] : [{ code: 'EXPORT_UNLEARNED_POSITIONS', path: ['inputs', 'tokens'], message }];
}

/** The positions that it has learned are all that are written. */
function shippedFacts({ learnedPositions, ...model }: Facts): Facts {
  if (model.architecture === undefined || learnedPositions === undefined) return model;
  return { ...model, architecture: { ...model.architecture, maxPositions: learnedPositions } };
}

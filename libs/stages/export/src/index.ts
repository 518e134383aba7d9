import { memberSchemas, nameSchema } from '@retort/foundation/extensions';
import {
  defineStage,
  type Facts,
  type GivenSettings,
  type OutputPort,
  type StageProblem,
  tokenizerProblems,
  tokensFitProblems,
} from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { ExportConfig } from './config.generated.ts';
import type { ExportFormat } from './format.ts';
import { exportFormats } from './formats.ts';
import { unlearnedMessage } from './unlearned-message.ts';

export const exportModel = defineStage<ExportConfig>()({
  kind: 'export',
  version: 1,
  description: schema.description,
  configSchema: settingsSchema,
  complete: withOptions,
  inputs: {
    model: { types: ['model'], description: 'The model to export, such as a student' },
    tokens: {
      types: ['tokens'],
      description: 'Rows for comparison, scores and timing; random ones when left out',
      optional: true,
    },
    evaluation: { types: ['report'], description: 'Scores for the model card', optional: true },
  },
  outputs: ports,
  extensions: ({ formats }) => ({ exportFormats: formats }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-export/run',
  describe: ({ config, inputs }) => ({
    ...Object.fromEntries(
      config.formats.map((name) => [name, exportFormats.get(name).describe?.(inputs['model'] ?? {}) ?? {}]),
    ),
    report: {},
    speed: {},
  }),
  check: ({ config, inputs }) => [
    ...tokenizerProblems(inputs, 'model'),
    ...tokensFitProblems(inputs, ['model']),
    ...unlearnedProblems(inputs),
    ...headProblems(config, inputs['model'] ?? {}),
    ...optionProblems(config),
  ],
});

interface Ports {
  readonly [format: string]: OutputPort;
  readonly report: OutputPort;
  readonly speed: OutputPort;
}

function ports({ config }: { readonly config: ExportConfig }): Ports {
  return {
    ...Object.fromEntries(config.formats.map((name) => [name, exportFormats.get(name).output])),
    report: { type: 'report', description: "Each format's difference from the source, its size and its score" },
    speed: {
      type: 'report',
      description: 'Latency on this machine: measured, so the bytes differ each time',
      isMeasured: true,
    },
  };
}

function settingsSchema(): Readonly<Record<string, unknown>> {
  const all = exportFormats.all();
  const { formats, options } = schema.properties;
  const { enum: names, description } = nameSchema(all, formats.description);
  const preset = exportFormats.builtIn.map(({ name }) => name);
  return {
    ...schema,
    properties: {
      ...schema.properties,
      formats: { ...formats, description, items: { ...formats.items, enum: names }, default: preset },
      options: { ...options, properties: memberSchemas(all.filter(hasSettings)) },
    },
  };
}

/** An empty member in `options` for each format that has settings, for their defaults. */
function withOptions(given: GivenSettings): GivenSettings {
  const { formats, options = {} } = given;
  if (!Array.isArray(formats) || !isObject(options)) return given;
  const having = exportFormats.all().filter((format) => hasSettings(format) && formats.includes(format.name));
  if (having.length === 0) return given;
  return { ...given, options: { ...Object.fromEntries(having.map(({ name }) => [name, {}])), ...options } };
}

function hasSettings({ schema: own }: ExportFormat): boolean {
  return own !== undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headProblems({ formats }: ExportConfig, model: Facts): StageProblem[] {
  const messages = formats.flatMap((name) => exportFormats.get(name).headProblem?.(model) ?? []);
  return messages.map((message) => ({ code: 'EXPORT_HEAD', path: ['with', 'formats'], message }));
}

function optionProblems({ formats, options = {} }: ExportConfig): StageProblem[] {
  const unused = Object.keys(options).filter((name) => !formats.includes(name));
  return unused.map((name) => ({
    code: 'EXPORT_OPTIONS_UNUSED',
    path: ['with', 'options', name],
    message: `The format "${name}" is not written, so its options have no effect. Add it to "formats", or remove the options.`,
  }));
}

function unlearnedProblems({ model, tokens }: Readonly<Record<string, Facts>>): StageProblem[] {
  const message = unlearnedMessage(tokens?.maxSequenceLength, model?.learnedPositions);
  return message === undefined ? [] : [{ code: 'EXPORT_UNLEARNED_POSITIONS', path: ['inputs', 'tokens'], message }];
}

export { defineExportFormat, type ExportFormat, type ExportTarget, type RunnableFormat } from './format.ts';
export { exportFormats } from './formats.ts';

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, initialValues, parameterSpecs, saveModel } from '@retort/families';
import type { Task } from '@retort/foundation/task';
import { withDefaults } from '@retort/pipeline-schema';
import type { PortType, Progress, Report, ReportTable } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { evaluate } from '@retort/stage-evaluate';
import { run } from '@retort/stage-evaluate/run';
import { type LabelValues, type PredictionRow, streamPredictions, type TokensMetadata } from '@retort/tables';
import { writeTokens } from '@retort/tables/testing';
import { onTestFinished } from 'vitest';

export type Config = Parameters<typeof run>[0]['config'];

export function configOf(settings: object = {}): Config {
  return withDefaults(evaluate.configSchema, { latency: { rows: 0 }, ...settings }) as Config;
}

const VOCABULARY = 20;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A tiny model of a task, or of these classes, whose answers differ from row to row. `order` takes the outputs of the same
 * weights in another order.
 */
export async function modelFolder(
  seed: number,
  answers: Task | readonly string[],
  order?: readonly number[],
): Promise<string> {
  const folder = await temporaryFolder();
  const config: BertConfig = {
    layers: 1,
    hiddenSize: 8,
    heads: 2,
    intermediateSize: 16,
    maxPositions: 16,
    vocabularySize: VOCABULARY,
    segmentTypes: 2,
    layerNormEpsilon: 1e-12,
    tokenizerDigest: 'v',
    task: 'kind' in answers ? answers : { kind: 'classes', labels: answers },
  };
  const values = initialValues(parameterSpecs(config, ['classifier']), seed);
  for (const [name, { values: numbers }] of values)
    if (name.endsWith('.weight')) for (const i of numbers.keys()) numbers[i] = 20 * (numbers[i] as number);
  const weight = values.get('classifier.weight') as { values: Float32Array };
  const rows = order?.map((output) => weight.values.slice(output * 8, (output + 1) * 8));
  for (const [output, row] of rows?.entries() ?? []) weight.values.set(row, output * 8);
  await writeFile(join(folder, 'vocab.txt'), '');
  await saveModel({ folder, config, heads: ['classifier'], values, tokenizerFolder: folder });
  return folder;
}

export const ROWS = 40;

export async function tokensFolder(task: Partial<TokensMetadata>, labels?: LabelValues): Promise<string> {
  const folder = await temporaryFolder();
  const lengths = Array.from({ length: ROWS }, (_, row) => 4 + ((row * 7) % 12));
  const rows = lengths.map((length, row) => Array.from({ length }, (_, i) => 5 + ((row * row * 3 + i * 11) % 15)));
  const unlabelled = labels === undefined && ({ isUnlabelled: true } as const);
  await writeTokens(folder, {
    vocabularySize: VOCABULARY,
    maxSequenceLength: 16,
    ...task,
    ...unlabelled,
    rows,
    labels,
  });
  return folder;
}

export interface Evaluation {
  readonly report: Report;
  readonly metrics: Readonly<Record<string, number>>;
  readonly predictions: readonly PredictionRow[];
  readonly folder: (port: string) => string;
  readonly warnings: readonly string[];
  readonly progresses: readonly Progress[];
}

const TOKENS: ReadonlySet<string> = new Set(['tokens', 'train']);

/** Runs the stage on models and tokens in folders, by the names of inputs. */
export async function runEvaluate(
  inputs: Readonly<Record<string, string>>,
  settings: object = {},
): Promise<Evaluation> {
  const config = configOf(settings);
  const ports = evaluate.outputs({ config, connected: Object.keys(inputs) });
  const context = await createTestContext({
    config,
    engine: 'cpu',
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([input, path]) => [
        input,
        { type: TOKENS.has(input) ? 'tokens' : 'model', path } as const,
      ]),
    ),
    outputs: Object.fromEntries(Object.entries(ports).map(([port, { type }]): [string, PortType] => [port, type])),
  });
  onTestFinished(() => context.remove());
  const { metrics = {} } = await run(context);
  const folder = (port: string) => context.outputs[port]!.path;
  const predictions: PredictionRow[] = [];
  for await (const rows of streamPredictions(join(folder('predictions'), 'predictions.arrow')))
    predictions.push(...rows);
  const report = JSON.parse(await readFile(join(folder('report'), 'report.json'), 'utf8')) as Report;
  return { report, metrics, predictions, folder, warnings: context.warnings, progresses: context.progresses };
}

export function tableOf({ report }: Evaluation, title: RegExp): ReportTable {
  const table = report.tables.find((candidate) => title.test(candidate.title));
  if (table === undefined)
    throw new Error(`no table ${title} among ${report.tables.map((other) => other.title).join(', ')}`);
  return table;
}

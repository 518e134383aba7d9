import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadedModel, parameterSpecs } from '@retort/bert';
import { StageError } from '@retort/diagnostics';
import type { Report, ReportTable, StageContext } from '@retort/stage-kit';
import type { DistillationRecord } from '@retort/training';
import type { ExportConfig } from './config.generated.ts';
import { markdownTable, reportTable } from './markdown.ts';
import { outputName } from './forward.ts';
import type { Source } from './source.ts';

/** The README of a HuggingFace folder: what it is, where it comes from, what it scores. The same inputs give the same text. */
export async function modelCard({ config, inputs }: StageContext<ExportConfig>, source: Source): Promise<string> {
  const { title, description } = config.card;
  const evaluation = inputs['evaluation'];
  const tables = evaluation ? await reportTables(join(evaluation.path, 'report.json')) : [];
  return [
    frontMatter(config.card, source),
    `# ${title}`,
    ...(description === undefined ? [] : [description]),
    '## Where it comes from',
    markdownTable(['what', 'value'], await lineage(source)),
    ...(tables.length === 0 ? [] : ['## Scores', ...tables.map(reportTable)]),
    '## How to use it',
    usage(source.model),
    ...(source.isForSingleTexts
      ? [
          'For single texts alone: DistilBERT has no segment embeddings, and a second text would be read as part of the first.',
        ]
      : []),
    '',
  ].join('\n\n');
}

function frontMatter({ license, language }: ExportConfig['card'], { model, layout }: Source): string {
  const task = outputName(model) === 'logits' ? 'text-classification' : 'feature-extraction';
  const lines = [
    'library_name: transformers',
    `pipeline_tag: ${task}`,
    ...(license === undefined ? [] : [`license: ${JSON.stringify(license)}`]),
    ...(language === undefined ? [] : [`language: ${JSON.stringify(language)}`]),
    'tags:',
    `- ${layout}`,
    '- knowledge-distillation',
    '- retort',
  ];
  return ['---', ...lines, '---'].join('\n');
}

async function lineage({ digest, folder, model, vocabulary, layout }: Source): Promise<[string, string][]> {
  const { config, heads } = model;
  const specs = parameterSpecs(config, heads).filter(({ name }) => layout === 'bert' || name !== 'embeddings.segment');
  const parameters = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return [
    ['model', `\`sha256:${digest}\``],
    [
      'geometry',
      `${config.layers} layers, ${config.hiddenSize} wide, ${config.heads} heads, ${config.intermediateSize} in between, ${config.maxPositions} positions`,
    ],
    ['parameters', String(parameters)],
    ['vocabulary', `${vocabulary.tokens.length} tokens, \`sha256:${config.tokenizerDigest ?? 'unknown'}\``],
    ...(config.labels === undefined
      ? []
      : [['classes', config.labels.length === 0 ? 'none: regression' : config.labels.join(', ')] as [string, string]]),
    ...(await distillation(folder)),
  ];
}

/** What a student says of its last phase; nothing for a model that was not distilled. */
async function distillation(folder: string): Promise<[string, string][]> {
  const path = join(folder, 'distillation.json');
  if (!existsSync(path)) return [];
  const { teacherDigest, teacherPrecision, int8Error, mapping, block } = JSON.parse(
    await readFile(path, 'utf8'),
  ) as DistillationRecord;
  return [
    ...(teacherDigest === undefined ? [] : [['teacher', `\`sha256:${teacherDigest}\``] as [string, string]]),
    ...(teacherPrecision === undefined ? [] : [['teacher computed in', precisionText(int8Error)] as [string, string]]),
    ['teacher layer that each layer learnt from, the embedding output first', mapping.join(', ')],
    ['loss of the last phase', `\`${JSON.stringify(block)}\``],
  ];
}

function precisionText(error: DistillationRecord['int8Error']): string {
  const names = { hiddenStates: 'hidden states', attentionScores: 'attention scores', logits: 'logits' } as const;
  const parts = Object.entries(names).flatMap(([kind, name]) => {
    const value = error?.[kind as keyof typeof names];
    return value === undefined ? [] : [`${name} ${(100 * value).toFixed(1)} %`];
  });
  return parts.length === 0 ? 'int8' : `int8, relative error beside float32: ${parts.join(', ')}`;
}

async function reportTables(path: string): Promise<readonly ReportTable[]> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as Report).tables;
  } catch (cause) {
    throw new StageError(
      'REPORT_UNREADABLE',
      `${path} is not the report of an evaluation: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function usage(model: LoadedModel): string {
  const isClassifier = outputName(model) === 'logits';
  const auto = isClassifier ? 'AutoModelForSequenceClassification' : 'AutoModel';
  return [
    '```python',
    `from transformers import AutoTokenizer, ${auto}`,
    '',
    'tokenizer = AutoTokenizer.from_pretrained("path/of/this/folder")',
    `model = ${auto}.from_pretrained("path/of/this/folder")`,
    `print(model(**tokenizer("A sentence.", return_tensors="pt")).${outputName(model)})`,
    '```',
  ].join('\n');
}

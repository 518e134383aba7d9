import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadedModel, parameterSpecs } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import { labelsOfTask } from '@retort/foundation/task';
import type { Report } from '@retort/plugin-kit';
import type { ExportConfig } from './config.generated.ts';
import type { ExportTarget } from './format.ts';
import { outputName } from './forward.ts';
import { markdownTable, reportTable } from './markdown.ts';
import type { Source } from './source.ts';
import { trainedRows, trainingSections } from './training-sections.ts';

/** The README of a HuggingFace folder: what it is, where it comes from, what it scores. The same inputs give the same text. */
export async function modelCard({ card, evaluation, source }: ExportTarget): Promise<string> {
  const { title, description } = card;
  const { tables, notes } = evaluation ? await readReport(join(evaluation.path, 'report.json')) : NO_REPORT;
  return [
    frontMatter(card, source),
    `# ${title}`,
    ...(description === undefined ? [] : [description]),
    '## Where it comes from',
    markdownTable(['what', 'value'], lineage(source)),
    ...(source.history ? trainingSections(source.history) : []),
    ...(tables.length === 0 ? [] : ['## Scores', ...tables.map(reportTable), ...notes]),
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

function frontMatter({ license, language }: ExportConfig['card'], { model, family }: Source): string {
  const task = outputName(model) === 'logits' ? 'text-classification' : 'feature-extraction';
  const lines = [
    'library_name: transformers',
    `pipeline_tag: ${task}`,
    ...(license === undefined ? [] : [`license: ${JSON.stringify(license)}`]),
    ...(language === undefined ? [] : [`language: ${JSON.stringify(language)}`]),
    'tags:',
    `- ${family.name}`,
    '- knowledge-distillation',
    '- retort',
  ];
  return ['---', ...lines, '---'].join('\n');
}

function lineage({ digest, model, vocabulary, family, history }: Source): (readonly [string, string])[] {
  const { config, heads } = model;
  const specs = parameterSpecs(config, heads).filter(
    ({ name }) => !family.lacksSegments || name !== 'embeddings.segment',
  );
  const parameters = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return [
    ['model', `\`sha256:${digest}\``],
    [
      'geometry',
      `${config.layers} layers, ${config.hiddenSize} wide, ${config.heads} heads, ${config.intermediateSize} in between, ${config.maxPositions} positions`,
    ],
    ['parameters', String(parameters)],
    ['vocabulary', `${vocabulary.tokens.length} tokens, \`sha256:${config.tokenizerDigest ?? 'unknown'}\``],
    ...(config.task === undefined
      ? []
      : [['classes', labelsOfTask(config.task).join(', ') || 'none: regression'] as [string, string]]),
    ...(history ? trainedRows(history) : []),
  ];
}

const NO_REPORT: Pick<Report, 'tables' | 'notes'> = { tables: [], notes: [] };

async function readReport(path: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Report;
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

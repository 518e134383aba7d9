import { type ActiveTerm, comparedLayers, knownTerms, membersInUse } from '@retort/distillation/loss-block';
import { teacherSignals } from '@retort/distillation/signals';
import type { DistillationRecord, TrainingHistory, TrainingPhase } from '@retort/training';
import { markdownTable } from './markdown.ts';
import { readsSecondLikeFirst } from './shipped-model.ts';

type Row = readonly [string, string];

/** Every phase of a model's training, the first one first; nothing for a model that was trained elsewhere. */
export function trainingSections({ start, phases }: TrainingHistory): string[] {
  if (phases.length === 0) return [];
  return [
    '## How it was trained',
    `${startText(start)} Then, phase by phase:`,
    ...phases.flatMap((phase, i) => [
      `### ${i + 1}. ${phase.stage}`,
      markdownTable(
        ['what', 'value'],
        [...phaseRows(phase), ...(phase.distillation ? distillationRows(phase.distillation) : [])],
      ),
    ]),
  ];
}

/** How long the rows were, and whether they were pairs, over all phases. */
export function trainedRows(history: TrainingHistory): Row[] {
  const { phases } = history;
  if (phases.length === 0) return [];
  const longest = Math.max(...phases.map(({ tokens }) => tokens.longestRow));
  const single = `single texts${readsSecondLikeFirst(history) ? ': a second text is read like a first one' : ''}`;
  const texts = phases.some(({ tokens }) => tokens.hasPairs) ? 'single texts or pairs' : single;
  return [['rows that it was trained on', `up to ${longest} tokens, ${texts}`]];
}

function startText({ model, layersOf }: TrainingHistory['start']): string {
  if (model !== undefined) return `It started from the model \`sha256:${model}\`, which was trained elsewhere.`;
  if (layersOf !== undefined) return `It started from layers of the model \`sha256:${layersOf}\`.`;
  return 'It started from new weights; words that no row of a first phase had start at 0.';
}

function phaseRows({ seed, settings, tokens }: TrainingPhase): Row[] {
  const { epochs, batchSize, gradientAccumulation, optimizer } = settings;
  const batches = gradientAccumulation === 1 ? `${batchSize}` : `${batchSize}, ${gradientAccumulation} a step`;
  return [
    [
      'data',
      `${tokens.rows} rows of up to ${tokens.longestRow} tokens${tokens.hasPairs ? ', pairs among them' : ''}, ${tokens.words} different tokens, \`sha256:${tokens.digest}\``,
    ],
    ['epochs, batch size', `${epochs}, ${batches}`],
    ['learning rate', `${optimizer.learningRate} (${optimizer.kind}, ${optimizer.schedule.kind})`],
    ['seed', String(seed)],
  ];
}

function distillationRows(record: DistillationRecord): Row[] {
  const { teacherDigest, furtherTeachers = [], teacherPrecision, int8Error, block } = record;
  const terms = knownTerms(block);
  const layers = layersText(record, terms);
  return [
    ...(teacherDigest === undefined
      ? []
      : [['teacher', [teacherDigest, ...furtherTeachers].map((digest) => `\`sha256:${digest}\``).join(', ')] as Row]),
    ...(teacherPrecision === undefined ? [] : [['teacher computed in', precisionText(int8Error)] as Row]),
    ...(layers === '' ? [] : [['layers that learned from layers of the teacher', layers] as Row]),
    ['loss', `\`${JSON.stringify(lossInUse(block, terms))}\``],
  ];
}

/** The terms that are on, with what else of the block decides their values. */
function lossInUse(block: DistillationRecord['block'], terms: readonly ActiveTerm[]): object {
  const { layerReduction, projection, projectionBias } = block;
  return {
    ...Object.fromEntries(membersInUse(block)),
    ...(terms.some(({ term }) => term.followsMapping) && { layerReduction }),
    ...(terms.some(({ term }) => term.usesProjections) && { projection, projectionBias }),
  };
}

/** `attention 1 from 2, 2 from 4; hidden states 1 from 2, 2 from 4; embedding output` */
function layersText({ mapping }: DistillationRecord, terms: readonly ActiveTerm[]): string {
  // How deep the models are decides no layers of built-in terms, and a card knows no others.
  const layers = { mapping, studentLayers: 0, teacherLayers: 0 };
  const texts = terms.flatMap((active) => {
    if (active.term.layerPairs === undefined || active.term.dependsOnDepth) return [];
    const pairs = comparedLayers(active, layers).filter(({ student, teacher }) => student + teacher > 0);
    const text = pairs.map(({ student, teacher }) => `${student} from ${teacher}`).join(', ');
    return [`${active.term.title ?? active.term.name} ${text}`.trimEnd()];
  });
  return texts.join('; ');
}

function precisionText(error: DistillationRecord['int8Error']): string {
  const parts = teacherSignals.all().flatMap(({ name, title }) => {
    const value = error?.[name];
    return value === undefined ? [] : [`${title} ${(100 * value).toFixed(1)} %`];
  });
  return parts.length === 0 ? 'int8' : `int8, error beside float32 as a part of the spread: ${parts.join(', ')}`;
}

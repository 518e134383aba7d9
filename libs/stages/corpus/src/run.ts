import { join } from 'node:path';
import { connected, type InputArtifact, type StageContext, type StageRun } from '@retort/plugin-kit';
import { createTextWriter, ResumableTables, type TextRow, type TextWriter } from '@retort/tables';
import { syntheticDocument } from '@retort/texts/synthetic';
import type { CorpusConfig, FilesSource, SyntheticSource } from './config.generated.ts';
import { type CorpusCounts, countCorpus, planCorpus, validationRule } from './corpus-plan.ts';
import { type Passage, readPassages, type TextFile } from './documents.ts';
import type { corpus } from './index.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

/** How far the stage is after a whole batch of rows. */
interface Progress {
  /** Of the input; undefined where no file is read. */
  readonly counts?: CorpusCounts | undefined;
  readonly batches: number;
  /** Passages that are written, in the order in which they are taken. */
  readonly passages: number;
  readonly sentences: number;
  readonly validation: number;
}

interface OutputPassage extends Passage {
  readonly split: TextRow['split'];
}

export const run: StageRun<typeof corpus> = async (context) => {
  const { config, outputs, checkpoints } = context;
  const tables = await ResumableTables.load<Progress>(checkpoints);
  if (tables.saved) context.log(`Resumed after ${tables.saved.sentences} sentences.`);
  const writer = await tables.open('text', (partial) =>
    createTextWriter(join(outputs.text.path, 'text.arrow'), partial),
  );
  const { state, rows } = await tables.write(
    () => writePassages(context, writer, tables),
    ({ batches }) => stepOf(batches + 1),
  );
  const { sentences, validation } = state;
  if (validation === 0 && config.validationFraction > 0)
    context.warn('There is too little text for a validation split, so it is empty.');
  return { rows, metrics: { trainSentences: sentences - validation, validationSentences: validation } };
};

/** Step 1 is that the input is counted. */
function stepOf(batches: number): number {
  return batches + 1;
}

async function writePassages(
  context: StageContext<typeof corpus>,
  writer: TextWriter,
  tables: ResumableTables<Progress>,
): Promise<Progress> {
  const { config } = context;
  const { saved } = tables;
  let { batches, passages, sentences, validation } = saved ?? { batches: 0, passages: 0, sentences: 0, validation: 0 };
  let pending: TextRow[] = [];
  const source = await openSource(context, saved?.counts);
  const progress = (): Progress => ({ counts: source.counts, batches, passages, sentences, validation });
  const pass = () => tables.pass(stepOf(batches), () => ({ state: progress() }));
  const flush = async () => {
    await writer.append(pending);
    batches += 1;
    sentences += pending.length;
    pending = [];
    context.progress({ done: sentences, unit: 'sentences', ...expected(config) });
  };
  await pass();
  for await (const passage of source.passages(passages)) {
    const { document, split } = passage;
    for (const sentence of passage.sentences) pending.push({ document, sentence, split });
    if (split === 'validation') validation += passage.sentences.length;
    passages += 1;
    if (pending.length < BATCH_ROWS) continue;
    await flush();
    await pass();
  }
  await flush();
  return progress();
}

interface PassageSource {
  readonly counts?: CorpusCounts;
  /** In the order in which they are written, without so many of the first ones. */
  readonly passages: (skipped: number) => AsyncIterable<OutputPassage> | Iterable<OutputPassage>;
}

/** @param counts  of the input, where an earlier attempt has counted it */
async function openSource(
  context: StageContext<typeof corpus>,
  counts: CorpusCounts | undefined,
): Promise<PassageSource> {
  const { config, seed, inputs } = context;
  const { source } = config;
  if (source.kind === 'synthetic') return { passages: (skipped) => syntheticPassages(context, source, skipped) };
  const input = connected(inputs, 'files');
  const read = () => watched(readPassages(textFiles(input), source), context);
  const known = counts ?? (await countCorpus(read, { source, seed, label: input.label }));
  return { counts: known, passages: (skipped) => filePassages(context, { source, counts: known, read, skipped }) };
}

function expected({ source }: CorpusConfig): { total?: number } {
  if (source.kind === 'synthetic') return { total: source.documents * source.sentencesPerDocument };
  return source.maxSentences === undefined ? {} : { total: source.maxSentences };
}

function* syntheticPassages(
  { seed, config }: StageContext<typeof corpus>,
  { documents, sentencesPerDocument }: SyntheticSource,
  skipped: number,
): Generator<OutputPassage> {
  const isValidation = validationRule({
    documents,
    passageCount: documents,
    validationFraction: config.validationFraction,
    seed,
  });
  for (let index = skipped; index < documents; index++) {
    const sentences = syntheticDocument({ seed, index, sentences: sentencesPerDocument });
    yield { document: index, sentences, split: isValidation(index, index) ? 'validation' : 'train' };
  }
}

interface FilePassages {
  readonly source: FilesSource;
  readonly counts: CorpusCounts;
  readonly read: () => AsyncIterable<Passage>;
  readonly skipped: number;
}

/**
 * A passage that is cut out of its document counts as a document: what follows it in the output did not follow it in the file.
 * What is skipped is read all the same, since every passage depends on what was taken before.
 */
async function* filePassages(
  { config, seed }: StageContext<typeof corpus>,
  { source, counts, read, skipped }: FilePassages,
): AsyncGenerator<OutputPassage> {
  const plan = planCorpus(counts, { source, validationFraction: config.validationFraction, seed });
  let document = -1;
  let previous: { document: number; isWhole: boolean } | undefined;
  let passageNumber = 0;
  let yielded = 0;
  for await (const passage of read()) {
    if (!plan.isChosen(passage.document)) continue;
    const taken = plan.take(passage.sentences.length);
    const split = plan.isValidation(passage.document, passageNumber++) ? 'validation' : 'train';
    const continues = previous?.document === passage.document && previous.isWhole && taken > 0;
    previous = { document: passage.document, isWhole: taken === passage.sentences.length };
    if (taken === 0) continue;
    if (!continues) document += 1;
    if (yielded++ >= skipped) yield { document, sentences: passage.sentences.slice(0, taken), split };
  }
}

/** Lets the stage be stopped while it counts. */
async function* watched(
  passages: AsyncIterable<Passage>,
  context: StageContext<typeof corpus>,
): AsyncGenerator<Passage> {
  let seen = 0;
  for await (const passage of passages) {
    if (seen++ % 256 === 0) context.throwIfInterrupted();
    yield passage;
  }
}

function textFiles({ path, label, files = [path] }: InputArtifact): TextFile[] {
  return files.map((file) => ({ path: file, label: file === path ? label : file }));
}

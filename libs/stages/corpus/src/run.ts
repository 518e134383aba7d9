import { join } from 'node:path';
import { connected, type InputArtifact, type StageContext, type StageRun } from '@retort/plugin-kit';
import { createTextWriter, finish, type TextRow, type TextWriter } from '@retort/tables';
import { syntheticDocument } from '@retort/texts/synthetic';
import type { CorpusConfig, FilesSource, SyntheticSource } from './config.generated.ts';
import { type CorpusCounts, countCorpus, planCorpus, validationRule } from './corpus-plan.ts';
import { type Passage, readPassages, type TextFile } from './documents.ts';
import type { corpus } from './index.ts';
import { loadProgress, type Progress, partialTable } from './progress.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

interface OutputPassage extends Passage {
  readonly split: TextRow['split'];
}

export const run: StageRun<typeof corpus> = async (context) => {
  const { config, outputs, checkpoints } = context;
  const from = await loadProgress(checkpoints);
  if (from) context.log(`Resumed after ${from.sentences} sentences.`);
  const writer = await createTextWriter(join(outputs.text.path, 'text.arrow'), partialTable(checkpoints, from));
  let last = from;
  const [rows = 0] = await finish([writer], async () => {
    if (!from?.table.isWhole) last = await writePassages(context, writer, from);
  });
  const { batches, validation } = last as Progress;
  // The table is whole now: an attempt that is killed before it is published has nothing left to compute.
  await checkpoints.save(stepOf(batches + 1), { state: { ...last, table: await writer.position() } });
  if (validation === 0 && config.validationFraction > 0)
    context.warn('There is too little text for a validation split.');
  return { rows: { text: rows }, metrics: { trainSentences: rows - validation, validationSentences: validation } };
};

/** Step 1 is that the input is counted. */
function stepOf(batches: number): number {
  return batches + 1;
}

async function writePassages(
  context: StageContext<typeof corpus>,
  writer: TextWriter,
  from: Progress | undefined,
): Promise<Progress> {
  const { config, checkpoints } = context;
  let { batches, passages, sentences, validation } = from ?? { batches: 0, passages: 0, sentences: 0, validation: 0 };
  let pending: TextRow[] = [];
  const source = await openSource(context, from?.counts);
  const progress = async (): Promise<Progress> => {
    const table = await writer.position();
    return { counts: source.counts, batches, passages, sentences, validation, table };
  };
  const pass = () => checkpoints.pass(stepOf(batches), async () => ({ state: await progress() }));
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

import { join } from 'node:path';
import { createTextWriter, finish, type TextRow, type TextWriter } from '@retort/columnar';
import type { StageContext, StageRun } from '@retort/stage-kit';
import { syntheticDocument } from '@retort/synthetic-text';
import type { CorpusConfig, FilesSource, SyntheticSource } from './config.generated.ts';
import { planCorpus, validationRule } from './corpus-plan.ts';
import { type Passage, readPassages, type TextFile } from './documents.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

interface OutputPassage extends Passage {
  readonly split: TextRow['split'];
}

export const run: StageRun<CorpusConfig> = async (context) => {
  const { config, outputs } = context;
  const passages =
    config.source.kind === 'synthetic'
      ? syntheticPassages(context, config.source)
      : filePassages(context, config.source);
  const writer = await createTextWriter(join(outputs['text']!.path, 'text.arrow'));
  let validation = 0;
  const [rows = 0] = await finish([writer], async () => {
    validation = await writePassages(context, writer, passages);
  });
  if (validation === 0 && config.validationFraction > 0)
    context.warn('There is too little text for a validation split.');
  return { rows: { text: rows }, metrics: { trainSentences: rows - validation, validationSentences: validation } };
};

async function writePassages(
  context: StageContext<CorpusConfig>,
  writer: TextWriter,
  passages: AsyncIterable<OutputPassage> | Iterable<OutputPassage>,
) {
  let pending: TextRow[] = [];
  let done = 0;
  let validation = 0;
  const flush = async () => {
    context.throwIfInterrupted();
    await writer.append(pending);
    done += pending.length;
    pending = [];
    context.progress({ done, unit: 'sentences', ...expected(context.config) });
  };
  for await (const { document, sentences, split } of passages) {
    for (const sentence of sentences) pending.push({ document, sentence, split });
    if (split === 'validation') validation += sentences.length;
    if (pending.length >= BATCH_ROWS) await flush();
  }
  await flush();
  return validation;
}

function expected({ source }: CorpusConfig): { total?: number } {
  if (source.kind === 'synthetic') return { total: source.documents * source.sentencesPerDocument };
  return source.maxSentences === undefined ? {} : { total: source.maxSentences };
}

function* syntheticPassages(
  { seed, config }: StageContext<CorpusConfig>,
  source: SyntheticSource,
): Generator<OutputPassage> {
  const { documents, sentencesPerDocument } = source;
  const isValidation = validationRule({
    documents,
    passageCount: documents,
    validationFraction: config.validationFraction,
    seed,
  });
  for (let index = 0; index < documents; index++) {
    const sentences = syntheticDocument({ seed, index, sentences: sentencesPerDocument });
    yield { document: index, sentences, split: isValidation(index, index) ? 'validation' : 'train' };
  }
}

/** A passage that is cut out of its document counts as a document: what follows it in the output did not follow it in the file. */
async function* filePassages(context: StageContext<CorpusConfig>, source: FilesSource): AsyncGenerator<OutputPassage> {
  const { config, seed, inputs } = context;
  const input = inputs['files']!;
  const files = textFiles(input);
  const passages = () => watched(readPassages(files, source), context);
  const plan = await planCorpus({
    passages,
    source,
    validationFraction: config.validationFraction,
    seed,
    label: input.label,
  });
  let document = -1;
  let previous: { document: number; isWhole: boolean } | undefined;
  let passageNumber = 0;
  for await (const passage of passages()) {
    if (!plan.isChosen(passage.document)) continue;
    const taken = plan.take(passage.sentences.length);
    const split = plan.isValidation(passage.document, passageNumber++) ? 'validation' : 'train';
    const continues = previous?.document === passage.document && previous.isWhole && taken > 0;
    previous = { document: passage.document, isWhole: taken === passage.sentences.length };
    if (taken === 0) continue;
    if (!continues) document += 1;
    yield { document, sentences: passage.sentences.slice(0, taken), split };
  }
}

/** Lets the stage be stopped while it counts. */
async function* watched(
  passages: AsyncIterable<Passage>,
  context: StageContext<CorpusConfig>,
): AsyncGenerator<Passage> {
  let seen = 0;
  for await (const passage of passages) {
    if (seen++ % 256 === 0) context.throwIfInterrupted();
    yield passage;
  }
}

function textFiles({ path, label, files = [path] }: StageContext<CorpusConfig>['inputs'][string]): TextFile[] {
  return files.map((file) => ({ path: file, label: file === path ? label : label + file.slice(path.length) }));
}

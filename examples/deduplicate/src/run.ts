import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report, StageRun } from '@retort/plugin-kit';
import { createTextWriter, finish, streamText, type TextRow } from '@retort/plugin-kit/tables';
import type { deduplicate, Settings } from './index.ts';
import { nearDuplicates } from './near-duplicates.ts';

const SHOWN_CHARACTERS = 60;
/** Rows of one record batch. */
const BATCH_ROWS = 8192;

export const run: StageRun<typeof deduplicate> = async ({ config, inputs, outputs, ...context }) => {
  const writer = await createTextWriter(join(outputs.text.path, 'text.arrow'));
  const tally: Tally = { texts: 0, dropped: 0, sentences: 0, examples: [] };
  const texts = textsOf(streamText(join(inputs.text.path, 'text.arrow')), config.unit);
  const [rows = 0] = await finish([writer], async () => {
    let batch: TextRow[] = [];
    for await (const text of withoutDuplicates(texts, config, tally)) {
      context.throwIfInterrupted();
      batch.push(...text);
      if (batch.length < BATCH_ROWS) continue;
      await writer.append(batch);
      batch = [];
      context.progress({ done: tally.sentences, unit: 'sentences' });
    }
    await writer.append(batch);
  });
  await writeFile(join(outputs.report.path, 'report.json'), JSON.stringify(reportOf(tally, config.unit, rows)));
  return { rows: { text: rows }, metrics: { texts: tally.texts, dropped: tally.dropped, sentences: rows } };
};

/** What is dropped or kept at once: the sentences of a document, or one. Never empty. */
type Text = readonly [TextRow, ...TextRow[]];

/** Batches cut anew, a document or a sentence at a time. */
async function* textsOf(batches: AsyncIterable<readonly TextRow[]>, unit: Settings['unit']): AsyncGenerator<Text> {
  let pending: TextRow[] = [];
  for await (const rows of batches) {
    for (const row of rows) {
      const [first] = pending;
      if (first !== undefined && (unit === 'sentence' || first.document !== row.document)) {
        yield [first, ...pending.slice(1)];
        pending = [];
      }
      pending.push(row);
    }
  }
  const [first, ...others] = pending;
  if (first !== undefined) yield [first, ...others];
}

/** What was seen so far. */
interface Tally {
  texts: number;
  dropped: number;
  sentences: number;
  readonly examples: { readonly dropped: string; readonly of: string; readonly similarity: number }[];
}

/** The texts that repeat none before them. Documents that are left are numbered from 0. */
async function* withoutDuplicates(
  texts: AsyncIterable<Text>,
  config: Settings,
  tally: Tally,
): AsyncGenerator<TextRow[]> {
  const duplicates = nearDuplicates(config);
  const excerpts: string[] = [];
  let [document, source] = [-1, -1];
  for await (const rows of texts) {
    const text = rows.map(({ sentence }) => sentence).join(' ');
    const found = duplicates.find(text);
    tally.texts += 1;
    tally.sentences += rows.length;
    if (found !== undefined) {
      tally.dropped += 1;
      const { place, similarity } = found;
      if (tally.examples.length < config.examples)
        tally.examples.push({ dropped: excerpt(text), of: excerpts[place] as string, similarity });
      continue;
    }
    excerpts.push(config.examples > 0 ? excerpt(text) : '');
    if (rows[0].document !== source) document += 1;
    source = rows[0].document;
    yield rows.map((row) => ({ ...row, document }));
  }
}

function reportOf({ texts, dropped, sentences, examples }: Tally, unit: Settings['unit'], rows: number): Report {
  const documents = { what: 'documents', before: texts, after: texts - dropped };
  const counts = {
    title: 'Texts',
    columns: [
      { key: 'what', title: '' },
      { key: 'before', title: 'before', format: 'integer' },
      { key: 'after', title: 'after', format: 'integer' },
    ],
    rows: [...(unit === 'document' ? [documents] : []), { what: 'sentences', before: sentences, after: rows }],
  } as const;
  const shown = {
    title: `Dropped: ${examples.length} of ${dropped}`,
    columns: [
      { key: 'dropped', title: 'dropped' },
      { key: 'of', title: 'nearly repeats' },
      { key: 'similarity', title: 'similarity', format: 'percent' },
    ],
    rows: examples,
  } as const;
  return { title: 'Near-duplicates', tables: examples.length > 0 ? [counts, shown] : [counts], notes: [] };
}

function excerpt(text: string): string {
  const characters = Array.from(text.slice(0, 2 * SHOWN_CHARACTERS));
  return characters.length <= SHOWN_CHARACTERS ? text : `${characters.slice(0, SHOWN_CHARACTERS - 1).join('')}…`;
}

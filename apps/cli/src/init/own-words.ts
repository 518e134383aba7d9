import { type Diagnostic, InvalidInputError } from '@retort/foundation/diagnostics';

/** Settings that problems of data and models name, and the flags of `init` that decide them. */
const FLAGS: Readonly<Record<string, string>> = {
  'source.format': '--format',
  'source.header': '--header',
  'source.delimiter': '--delimiter',
  'source.quoting': '--quoting',
  'source.skipLabels': '--skip-label',
  'source.maxRowBytes': '--max-row-bytes',
  'labels.kind': '--labels',
  'columns.textA': '--text-column',
  'columns.textB': '--text-b-column',
  'columns.label': '--label-column',
  unusedEmbeddings: '--unused-embeddings',
  ignoreTensors: '--ignore-tensor',
};

/** How messages write a missing value. */
const EMPTY: ReadonlySet<string> = new Set(['null', '""']);

/**
 * Runs what reads a model, reads tables or plans, and says its problems in words of `init`: flags instead of settings, and
 * no lines of a file that nobody has.
 *
 * @param draft  file that is only there for this
 */
export async function inOwnWords<Result>(draft: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(error.diagnostics.map((problem) => ownWords(problem, draft)));
  }
}

export function ownWords({ code, message, location }: Diagnostic, draft: string): Diagnostic {
  const isOfDraft = location?.file !== undefined && draft.endsWith(location.file);
  return { code, message: withFlags(message), ...(location !== undefined && !isOfDraft && { location }) };
}

/** What `init` finds out itself, and has no flag for. */
const UNSAID: readonly (readonly [setting: RegExp, words: string])[] = [
  [/ Set "labels\.list" to [^.]*\./g, ' Write the names of labels, or a 1 or 0 for each label.'],
  [/If lists hold [^;]*set "labels\.list"[^;]*;/g, 'Write a 1 or 0 for each label;'],
  [/those that "labels\.values" lists/g, 'the labels of the column'],
];

function withFlags(settings: string): string {
  const message = UNSAID.reduce((text, [setting, words]) => text.replace(setting, words), settings);
  return Object.entries(FLAGS).reduce((text, [setting, flag]) => {
    const name = `"${setting.replaceAll('.', '\\.')}"`;
    return text
      .replace(
        new RegExp(`\\b([Ss])et ${name} to "?([\\w.-]+)"?`, 'g'),
        (_, s: string, value: string) => `${s === 'S' ? 'Give' : 'give'} ${flag} ${value}`,
      )
      .replace(
        new RegExp(`\\b([Ll])ist (null|"[^"]*") in ${name}`, 'g'),
        (_, l: string, value: string) =>
          `${l === 'L' ? 'Give' : 'give'} ${EMPTY.has(value) ? '--skip-unlabelled' : `${flag} ${value}`}`,
      )
      .replace(new RegExp(name, 'g'), flag);
  }, message);
}

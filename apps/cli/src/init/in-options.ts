import { type Diagnostic, InvalidInputError, type SettingAdvice } from '@retort/foundation/diagnostics';

/** The options of `init` that decide settings of the pipeline file. */
const OPTIONS: Readonly<Record<string, string>> = {
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

/** Does some work, and names options instead of settings in its problems, and no place in the draft, which nobody has. */
export async function inOptions<Result>(draft: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(error.diagnostics.map((problem) => problemInOptions(problem, draft)));
  }
}

export function problemInOptions({ code, message, location, advice = [] }: Diagnostic, draft = ''): Diagnostic {
  const isOfDraft = location?.file !== undefined && draft.endsWith(location.file);
  return {
    code,
    message: advice.reduce(adviseOption, message),
    ...(location !== undefined && !isOfDraft && { location }),
  };
}

/** Advice that no option can follow is left out, where the message has other advice. */
function adviseOption(message: string, { words, setting, value }: SettingAdvice): string {
  const option = OPTIONS[setting];
  if (option === undefined) return message.replace(`, or ${words}`, '');
  return message.replace(words, () => (value === undefined ? option : `give ${withValue(option, value)}`));
}

function withValue(option: string, value: unknown): string {
  if (option === OPTIONS['source.skipLabels'] && (value === null || value === '')) return '--skip-unlabelled';
  return `${option} ${/^[\w.]+$/.test(String(value)) ? value : JSON.stringify(value)}`;
}

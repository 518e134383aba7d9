import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { isObject, type Json, type Problem, templateText } from './json-parts.ts';

/** The special tokens around a text, and around the two texts of a pair: `cls A sep` and `cls A sep B sep`. */
export interface Frame {
  readonly cls: string;
  readonly sep: string;
  /** How often the separator stands between the texts of a pair: RoBERTa has two. */
  readonly separators: 1 | 2;
  /** 1 where the second text of a pair is in the segment of the first one. */
  readonly segments: 1 | 2;
}

/** Of BERT. */
export const BERT_FRAME: Frame = { cls: '[CLS]', sep: '[SEP]', separators: 1, segments: 2 };

/** The frame that the `post_processor` of a `tokenizer.json` puts around texts. @param idOf of a token */
export function readFrame(
  processor: unknown,
  idOf: (token: string) => number | undefined,
  problem: Problem,
): Frame | Diagnostic {
  const pointer = '/post_processor';
  const step = withoutOffsets(processor);
  const { type, cls, sep } = step;
  if (type === 'TemplateProcessing') return fromTemplate(step, idOf, (message) => problem(message, pointer));
  if (type !== 'RobertaProcessing' && type !== 'BertProcessing') {
    const expected = '"RobertaProcessing", "BertProcessing" or "TemplateProcessing"';
    return problem(`Expected ${expected}, got ${shown(type)}.`, `${pointer}/type`);
  }
  const names = [cls, sep].map((token) => {
    const [name, id] = Array.isArray(token) ? token : [];
    return typeof name === 'string' && idOf(name) === id ? name : undefined;
  });
  if (names[0] === undefined || names[1] === undefined)
    return problem('Expected "cls" and "sep" with their ids from the vocabulary.', pointer);
  const isRoberta = type === 'RobertaProcessing';
  return { cls: names[0], sep: names[1], separators: isRoberta ? 2 : 1, segments: isRoberta ? 1 : 2 };
}

/** Beside the step that puts tokens in there may be one that only moves the places of words. */
function withoutOffsets(processor: unknown): Json {
  if (!isObject(processor)) return {};
  if (processor['type'] !== 'Sequence' || !Array.isArray(processor['processors'])) return processor;
  const [only, ...others] = processor['processors'].filter((step) => !isObject(step) || step['type'] !== 'ByteLevel');
  return others.length === 0 && isObject(only) ? only : processor;
}

function fromTemplate(
  { single, pair, special_tokens: specials }: Json,
  idOf: (token: string) => number | undefined,
  problem: (message: string) => Diagnostic,
): Frame | Diagnostic {
  const [one, two] = [templateText(single), templateText(pair)];
  const [cls, sep] = /^(\S+):0 A:0 (\S+):0$/.exec(one ?? '')?.slice(1) ?? [];
  if (cls === undefined || sep === undefined)
    return problem(`Expected "single" to be a token, A and a token, all in segment 0, got ${shown(one)}.`);
  const found = ([1, 2] as const)
    .flatMap((separators) => ([1, 2] as const).map((segments) => ({ cls, sep, separators, segments })))
    .find((frame) => pairText(frame) === two);
  if (found === undefined)
    return problem(`Expected "pair" to be ${pairText({ cls, sep, separators: 1, segments: 2 })}, got ${shown(two)}.`);
  const moved = [cls, sep].filter((token) => {
    const given = isObject(specials) && isObject(specials[token]) ? specials[token]['ids'] : undefined;
    return JSON.stringify(given) !== JSON.stringify([idOf(token)]);
  });
  return moved.length === 0 ? found : problem(`Expected ${moved.join(' and ')} to have the ids from the vocabulary.`);
}

function pairText({ cls, sep, separators, segments }: Frame): string {
  const between = Array.from({ length: separators }, () => `${sep}:0`).join(' ');
  return `${cls}:0 A:0 ${between} B:${segments - 1} ${sep}:${segments - 1}`;
}

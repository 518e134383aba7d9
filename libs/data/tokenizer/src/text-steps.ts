import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { characterMapProblem } from './character-map.ts';
import { isObject, type Json, type Problem } from './json-parts.ts';

/** Steps of the library that take time in proportion to the text, and no patterns of their own. */
const NORMALIZERS = [
  'BertNormalizer',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Lowercase',
  'StripAccents',
  'Strip',
  'Nmt',
  'ByteLevel',
  'Prepend',
  'Replace',
  'Precompiled',
];
const PRE_TOKENIZERS = [
  'BertPreTokenizer',
  'ByteLevel',
  'CharDelimiterSplit',
  'Digits',
  'Metaspace',
  'Punctuation',
  'Split',
  'UnicodeScripts',
  'Whitespace',
  'WhitespaceSplit',
];

/** Patterns that files of known tokenizers have. Others could take time that grows without bound with a text. */
const PATTERNS = [
  ' {2,}',
  '\\s+',
  '\\s{2,}',
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
];
const MOST_STEPS = 32;
/** Characters that steps put in, all together: each may be put in where another one did. */
const MOST_INSERTED = 16;

const LISTS = {
  normalizer: { kinds: NORMALIZERS, members: 'normalizers' },
  pre_tokenizer: { kinds: PRE_TOKENIZERS, members: 'pretokenizers' },
} as const;

/** What keeps the steps before the tokens proper, in a `tokenizer.json`, from being run; their settings are the library's to judge. */
export function stepProblems(json: Json, problem: Problem): Diagnostic[] {
  return (['normalizer', 'pre_tokenizer'] as const).flatMap((member) => {
    const { kinds, members } = LISTS[member];
    const steps = flattened(json[member], members, `/${member}`);
    if (steps.length > MOST_STEPS) return [problem(`Expected at most ${MOST_STEPS} steps.`, `/${member}`)];
    const inserted = steps.reduce((sum, { step }) => sum + insertedBy(step), 0);
    const problems = steps.flatMap(({ step, pointer }) =>
      stepProblem(step, kinds, (message) => problem(message, pointer)),
    );
    return inserted <= MOST_INSERTED
      ? problems
      : [
          ...problems,
          problem(`The steps insert ${inserted} characters, but at most ${MOST_INSERTED} are allowed.`, `/${member}`),
        ];
  });
}

interface PlacedStep {
  readonly step: unknown;
  readonly pointer: string;
}

/** A step, or those of a sequence; null is HuggingFace's way to say none. */
function flattened(step: unknown, members: string, pointer: string): PlacedStep[] {
  if (step === null || step === undefined) return [];
  if (!isObject(step) || step['type'] !== 'Sequence') return [{ step, pointer }];
  const parts = step[members];
  if (!Array.isArray(parts)) return [{ step: undefined, pointer: `${pointer}/${members}` }];
  return parts
    .slice(0, MOST_STEPS + 1)
    .flatMap((part, i) => flattened(part ?? false, members, `${pointer}/${members}/${i}`));
}

function stepProblem(step: unknown, kinds: readonly string[], problem: (message: string) => Diagnostic): Diagnostic[] {
  if (!isObject(step)) return [problem(`Expected a step with a "type", got ${shown(step)}.`)];
  const { type, pattern } = step;
  if (!kinds.includes(type as string)) return [problem(`Expected one of ${kinds.join(', ')}, got ${shown(type)}.`)];
  if (type === 'Precompiled') {
    const wrong = characterMapProblem(step['precompiled_charsmap']);
    return wrong === undefined ? [] : [problem(`Its precompiled_charsmap ${wrong}. Download or copy the file again.`)];
  }
  if (pattern === undefined) return [];
  const { String: literal, Regex: regex } = isObject(pattern) ? pattern : {};
  if (typeof literal === 'string' || PATTERNS.includes(regex as string)) return [];
  return [problem(`The pattern ${shown(regex ?? pattern)} is not supported, because it could run forever.`)];
}

function insertedBy(step: unknown): number {
  const { content, prepend } = isObject(step) ? step : {};
  return [content, prepend].reduce((sum: number, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
}

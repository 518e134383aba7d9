import { type NormalizerSettings, SPECIAL_TOKENS } from '@retort/tokenizer';
import { expect, it } from 'vitest';
import { unreachableWarning } from '../src/unreachable-tokens.ts';

function warning(tokens: readonly string[], normalizer: Partial<NormalizerSettings> = {}): string | undefined {
  return unreachableWarning({
    tokens: [...SPECIAL_TOKENS, '[unused1]', 'film', '##s', '中', '!', ...tokens],
    normalizer: { lowercase: true, cleanText: true, handleChineseChars: true, ...normalizer },
    maxCharactersPerWord: 100,
  });
}

it('capitals of a vocabulary whose text is lower-cased are counted, with what to write', () => {
  expect(warning(['Film', '##S', 'ÉTÉ'])).toBe(
    '3 of 13 tokens can never occur, because text is lower-cased and stripped of its accents before it is split. If the model was trained on unchanged text, put {"do_lower_case": false} into its tokenizer_config.json.',
  );
});

it.each<[string, string[], Partial<NormalizerSettings>, number]>([
  ['accents are taken off with capitals', ['été', 'Film'], {}, 2],
  ['accents stay', ['été', 'Film'], { stripAccents: false }, 1],
  ['accents alone are taken off', ['été', 'Film'], { lowercase: false, stripAccents: true }, 1],
  ['composed syllables of Korean come apart with the accents', ['한국'], {}, 1],
  ['nothing is changed', ['été', 'Film', '한국'], { lowercase: false }, 0],
  ['nothing would be', ['ete', 'film2'], {}, 0],
])('%s', (_, tokens, normalizer, count) => {
  const said = warning(tokens, normalizer);
  if (count === 0) expect(said).toBeUndefined();
  else expect(said).toMatch(new RegExp(`^${count} of ${10 + tokens.length} tokens`));
});

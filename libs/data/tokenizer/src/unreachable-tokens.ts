import { isSpecialToken, type WordPieceVocabulary } from './vocabulary.ts';

/**
 * How many tokens no text can become, since the normalizer changes every text that would: capitals where text is
 * lower-cased, accents where they are taken off.
 */
export function unreachableTokens({ tokens, normalizer, pieceCount }: WordPieceVocabulary): number {
  const { lowercase, stripAccents = lowercase } = normalizer;
  const normalized = (piece: string) => {
    const bare = stripAccents ? piece.normalize('NFD').replace(/\p{Mn}/gu, '') : piece;
    return lowercase ? bare.toLowerCase() : bare;
  };
  return tokens.slice(0, pieceCount).filter((token) => {
    const piece = token.replace(/^##/, '');
    return !isSpecialToken(token) && !UNUSED.test(token) && normalized(piece) !== piece;
  }).length;
}

/** Tokens that were kept free for whoever needs one. */
const UNUSED = /^\[[^\]]*\]$/;

/** What to look into where a vocabulary and its settings do not seem to belong together; undefined when nothing. */
export function unreachableWarning(vocabulary: WordPieceVocabulary): string | undefined {
  const count = unreachableTokens(vocabulary);
  if (count === 0) return undefined;
  const { lowercase, stripAccents = lowercase } = vocabulary.normalizer;
  const rule = lowercase
    ? stripAccents
      ? 'lower-cased and stripped of its accents'
      : 'lower-cased'
    : 'stripped of its accents';
  const setting = lowercase ? '{"do_lower_case": false}' : '{"strip_accents": false}';
  return `${count} of ${vocabulary.tokens.length} tokens can never occur, because text is ${rule} before it is split. If the model was trained on unchanged text, put ${setting} into its tokenizer_config.json.`;
}

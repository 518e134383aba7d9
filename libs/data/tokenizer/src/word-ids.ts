import type { Tokenizer } from 'tokenizers';

/** Entries kept. At 30,000 to a natural language and a hundred bytes each this is never reached by words, only by noise. */
const CACHE_ENTRIES = 500_000;

/** Texts are cut here only: every other white space and control character has rules that the library knows. */
const CUTS = /[ \t\n\r]+/;

/**
 * Ids of texts, by way of a cache of what lies between white space.
 *
 * BERT's tokenization never looks across white space, and few distinct words make up most of a text: the library is
 * asked about each once, which is about eight times as fast as asking it about every sentence.
 */
export class WordIds {
  readonly #native: Tokenizer;
  #cache = new Map<string, readonly number[]>();

  constructor(native: Tokenizer) {
    this.#native = native;
  }

  async encode(texts: readonly string[]): Promise<number[][]> {
    const pieces = texts.map((text) => text.split(CUTS));
    const cache = this.#cache;
    await this.#learn(pieces, cache);
    const encoded = pieces.map((words) => {
      const ids: number[] = [];
      for (const word of words) for (const id of cache.get(word) as readonly number[]) ids.push(id);
      return ids;
    });
    if (cache.size > CACHE_ENTRIES) this.#cache = new Map();
    return encoded;
  }

  async #learn(pieces: readonly (readonly string[])[], cache: Map<string, readonly number[]>): Promise<void> {
    const unknown = new Set<string>();
    for (const words of pieces) for (const word of words) if (!cache.has(word)) unknown.add(word);
    if (unknown.size === 0) return;
    const words = [...unknown];
    const encodings = await this.#native.encodeBatch(words, { addSpecialTokens: false });
    words.forEach((word, i) => cache.set(word, (encodings[i] as { getIds: () => number[] }).getIds()));
  }
}

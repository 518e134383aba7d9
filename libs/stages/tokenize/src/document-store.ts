import { type FileHandle, open } from 'node:fs/promises';
import { readSync } from 'node:fs';
import type { RandomStream } from '@retort/random';

/** A 32-bit number. */
const BYTES = 4;

/**
 * Token ids of many documents in a scratch file, so that any of them can be read again. Memory holds two numbers for
 * each document; in the file a document is the lengths of its sentences, then their ids.
 */
export class DocumentStore {
  readonly #handle: FileHandle;
  /** Position of each document in the file, and behind the last, in numbers. */
  readonly #starts: number[] = [0];
  /** Sentences before each document, and in all. */
  readonly #sentences: number[] = [0];

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(path: string): Promise<DocumentStore> {
    return new DocumentStore(await open(path, 'wx+'));
  }

  get documentCount(): number {
    return this.#starts.length - 1;
  }

  async add(sentences: readonly (readonly number[])[]): Promise<void> {
    const lengths = sentences.map((sentence) => sentence.length);
    const values = Int32Array.from([...lengths, ...sentences.flat()]);
    await this.#handle.writeFile(new Uint8Array(values.buffer));
    this.#starts.push((this.#starts.at(-1) as number) + values.length);
    this.#sentences.push((this.#sentences.at(-1) as number) + sentences.length);
  }

  read(document: number): number[][] {
    const { count, start } = this.#place(document);
    const values = this.#numbers(start, (this.#starts[document + 1] as number) - start);
    const sentences: number[][] = [];
    let at = count;
    for (let i = 0; i < count; i++) sentences.push([...values.subarray(at, (at += values[i] as number))]);
    return sentences;
  }

  /**
   * Whole sentences of another document than `document`, in which each sentence is as likely, from a random one of it on,
   * until there are `tokens` or it ends.
   */
  elsewhere(document: number, tokens: number, random: RandomStream): Int32Array {
    const other = this.#otherDocument(document, random);
    const { count, start } = this.#place(other);
    const lengths = this.#numbers(start, count);
    const first = random.below(count);
    let end = first;
    let length = 0;
    do length += lengths[end++] as number;
    while (end < count && length < tokens);
    const before = lengths.subarray(0, first).reduce((sum, value) => sum + value, 0);
    return this.#numbers(start + count + before, length);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #otherDocument(document: number, random: RandomStream): number {
    const all = this.#sentences.at(-1) as number;
    const [from, to] = [this.#sentences[document] as number, this.#sentences[document + 1] as number];
    const drawn = random.below(all - (to - from));
    return this.#documentOf(drawn < from ? drawn : drawn + (to - from));
  }

  /** By halving: the last document that begins at or before the sentence. */
  #documentOf(sentence: number): number {
    let [low, high] = [0, this.documentCount - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#sentences[middle] as number) <= sentence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #place(document: number): { count: number; start: number } {
    const count = (this.#sentences[document + 1] as number) - (this.#sentences[document] as number);
    return { count, start: this.#starts[document] as number };
  }

  #numbers(start: number, count: number): Int32Array {
    const values = new Int32Array(count);
    readSync(this.#handle.fd, new Uint8Array(values.buffer), 0, count * BYTES, start * BYTES);
    return values;
  }
}

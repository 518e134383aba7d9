import { readSync } from 'node:fs';
import type { RandomStream } from '@retort/foundation/random';
import { type FilePart, GrowingFile } from '@retort/tables';

/** A 32-bit number. */
const BYTES = 4;

/** Documents that are in a store's file for sure. */
export interface StoredDocuments {
  readonly parts: readonly FilePart[];
  /** Of each document its sentences, then its numbers in the file. */
  readonly sizes: Int32Array;
}

/**
 * Token ids of many documents in a scratch file, so that any of them can be read again. Memory holds two numbers for
 * each document; in the file a document is the lengths of its sentences, then their ids.
 */
export class DocumentStore {
  readonly #file: GrowingFile;
  /** Position of each document in the file, and behind the last, in numbers. */
  readonly #starts: number[] = [0];
  /** Sentences before each document, and in all. */
  readonly #sentences: number[] = [0];

  private constructor(file: GrowingFile) {
    this.#file = file;
  }

  /** Replaces what is there, or goes on behind what was there at an earlier `position`. */
  static async open(path: string, from?: StoredDocuments): Promise<DocumentStore> {
    const store = new DocumentStore(await GrowingFile.goOn(path, from?.parts ?? []));
    const { sizes = new Int32Array() } = from ?? {};
    for (let i = 0; i < sizes.length; i += 2) store.#count(sizes[i] as number, sizes[i + 1] as number);
    return store;
  }

  get documentCount(): number {
    return this.#starts.length - 1;
  }

  async add(sentences: readonly (readonly number[])[]): Promise<void> {
    const lengths = sentences.map((sentence) => sentence.length);
    const values = Int32Array.from([...lengths, ...sentences.flat()]);
    await this.#file.append([new Uint8Array(values.buffer)]);
    this.#count(sentences.length, values.length);
  }

  /** What is in the file, once that outlasts a power cut. */
  async position(): Promise<StoredDocuments> {
    const parts = await this.#file.sync();
    const sizes = new Int32Array(2 * this.documentCount);
    for (let i = 0; i < this.documentCount; i++) {
      const { count, start } = this.#place(i);
      sizes.set([count, (this.#starts[i + 1] as number) - start], 2 * i);
    }
    return { parts, sizes };
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
    await this.#file.close();
  }

  #count(sentences: number, numbers: number): void {
    this.#starts.push((this.#starts.at(-1) as number) + numbers);
    this.#sentences.push((this.#sentences.at(-1) as number) + sentences);
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
    readSync(this.#file.handle.fd, new Uint8Array(values.buffer), 0, count * BYTES, start * BYTES);
    return values;
  }
}

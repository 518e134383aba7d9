import { createEngine, type ForwardPass, type ForwardProgram } from '@retort/engine';
import { encode, loadModel, parametersOf, tokenAxes, wordFeatures, wordScores } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { EngineName, InputArtifact } from '@retort/plugin-kit';
import { loadTokenizer, SPECIAL_TOKENS, type Tokenizer } from '@retort/tokenizer';
import { evaluationBatches } from '@retort/training';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { largest } from '../largest.ts';
import { otherTokenizerMessage } from '../other-tokenizer-message.ts';
import { type MaskedRow, maskedRow, padMaskedRows } from './masked-rows.ts';
import type { CandidateSource, WordRequest } from './source.ts';

export interface MaskedLanguageModelOptions {
  readonly engine: EngineName;
  readonly threads: number;
  readonly count: number;
  readonly context: 'pair' | 'alone';
  readonly maxSequenceLength: number;
  readonly batchSize: number;
  readonly throwIfInterrupted: () => void;
  /** For words that the vocabulary splits. */
  readonly splitWords: CandidateSource | undefined;
}

/**
 * The words that a masked language model finds likeliest in a word's place, of its vocabulary's whole words; the word itself
 * may be among them. A word that the vocabulary splits goes to `splitWords`.
 */
export async function maskedLanguageModelSource(
  input: InputArtifact,
  options: MaskedLanguageModelOptions,
): Promise<CandidateSource> {
  const { config, heads, values } = await loadModel(input.path);
  if (!heads.includes('maskedLanguageModel'))
    throw new StageError(
      'MODEL_HAS_NO_MASKED_LM',
      `${input.label} has no masked-LM head, so it cannot fill in words. Connect a pretrained model. Fine-tuning removes this head.`,
    );
  if (options.maxSequenceLength > config.maxPositions)
    throw new StageError(
      'SEQUENCE_TOO_LONG',
      `Rows can have ${options.maxSequenceLength} tokens, but ${input.label} has only ${config.maxPositions} positions. Set "maxSequenceLength" to at most ${config.maxPositions}.`,
    );
  const tokenizer = await loadTokenizer(input.path);
  if ('json' in tokenizer.vocabulary) throw new StageError('AUGMENT_TOKENIZER', otherTokenizerMessage(input.label));
  const program: ForwardProgram = (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask, positions } = inputs as unknown as Record<string, Tensor>;
    const model = { config, parameters };
    const { hiddenStates } = encode(model, { tokenIds: tokenIds!, segmentIds: segmentIds!, keyMask: keyMask! });
    const features = wordFeatures(model, hiddenStates.at(-1) as Tensor, positions as Tensor1D);
    return { scores: wordScores(model, features) };
  };
  const { inputs, probes } = tokenAxes(config);
  const freeAxes = { inputs: { ...inputs, positions: ['batch'] }, probes };
  const engine = await createEngine(options.engine, { threads: options.threads });
  const pass = engine.forward(program, parametersOf(values), { freeAxes });
  return new MaskedLanguageModelSource(pass, tokenizer, options);
}

class MaskedLanguageModelSource implements CandidateSource {
  readonly #pass: ForwardPass;
  readonly #tokenizer: Tokenizer;
  readonly #options: MaskedLanguageModelOptions;
  readonly #isWholeWord: Uint8Array;

  constructor(pass: ForwardPass, tokenizer: Tokenizer, options: MaskedLanguageModelOptions) {
    this.#pass = pass;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#isWholeWord = Uint8Array.from(tokenizer.vocabulary.tokens, (token) => (isWholeWord(token) ? 1 : 0));
  }

  async find(requests: readonly WordRequest[]): Promise<readonly (readonly string[])[]> {
    const pieces = await this.#tokenizer.encodeWords(requests.map(({ word }) => word.text));
    const isSplit = pieces.map((ids) => ids.length !== 1 || ids[0] === this.#tokenizer.unkId);
    const found = requests.map((): readonly string[] => []);
    await this.#fill(
      found,
      requests,
      (i) => !isSplit[i],
      (whole) => this.#predict(whole),
    );
    const { splitWords } = this.#options;
    if (splitWords)
      await this.#fill(
        found,
        requests,
        (i) => isSplit[i] === true,
        (split) => splitWords.find(split),
      );
    return found;
  }

  async dispose(): Promise<void> {
    await this.#pass.dispose();
    await this.#options.splitWords?.dispose();
  }

  async #fill(
    found: (readonly string[])[],
    requests: readonly WordRequest[],
    isChosen: (index: number) => boolean,
    answer: CandidateSource['find'],
  ): Promise<void> {
    const chosen = requests.flatMap((_, i) => (isChosen(i) ? [i] : []));
    const answers = await answer(chosen.map((i) => requests[i] as WordRequest));
    for (const [at, i] of chosen.entries()) found[i] = answers[at] as readonly string[];
  }

  async #predict(requests: readonly WordRequest[]): Promise<string[][]> {
    const rows = await this.#rows(requests);
    const found: string[][] = requests.map(() => []);
    const { batchSize, throwIfInterrupted } = this.#options;
    const lengths = Int32Array.from(rows, ({ tokenIds }) => tokenIds.length);
    for (const batch of evaluationBatches(lengths, { batchSize })) {
      throwIfInterrupted();
      const chosen = Array.from(batch.rows, (row) => rows[row] as MaskedRow);
      const inputs = padMaskedRows(chosen, { width: batch.width, padId: this.#tokenizer.padId });
      const { scores } = await this.#pass.run(inputs);
      for (const [i, row] of batch.rows.entries())
        found[row] = this.#bestWords((scores!.data as Float32Array).subarray(i * this.#size, (i + 1) * this.#size));
    }
    return found;
  }

  /** The texts around the masked words, with two encodings for each request. */
  async #rows(requests: readonly WordRequest[]): Promise<MaskedRow[]> {
    const { text: texts, around } = { text: requests.map(({ text }) => text), around: requests.flatMap(sidesOf) };
    const [whole, sides] = [await this.#tokenizer.encodeWords(texts), await this.#tokenizer.encodeWords(around)];
    return requests.map((_, i) =>
      maskedRow({
        before: sides[2 * i] as number[],
        after: sides[2 * i + 1] as number[],
        original: this.#options.context === 'pair' ? (whole[i] as number[]) : undefined,
        special: this.#tokenizer,
        maxSequenceLength: this.#options.maxSequenceLength,
      }),
    );
  }

  /** The best of all pieces, then those that are whole words: as the reference code, which drops `##` pieces afterwards. */
  #bestWords(scores: Float32Array): string[] {
    return largest(scores, this.#options.count)
      .filter((id) => this.#isWholeWord[id] === 1)
      .map((id) => this.#tokenizer.vocabulary.tokens[id] as string);
  }

  get #size(): number {
    return this.#tokenizer.vocabularySize;
  }
}

function sidesOf({ text, word }: WordRequest): [string, string] {
  return [text.slice(0, word.start), text.slice(word.end)];
}

function isWholeWord(token: string): boolean {
  return (
    !token.startsWith('##') && !(SPECIAL_TOKENS as readonly string[]).includes(token) && /^[\p{L}\p{M}]+$/u.test(token)
  );
}

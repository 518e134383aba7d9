/** The pipeline whose store is attacked: two stages that train nothing. */
export const STAGES = {
  corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 3 } } },
  vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 120 } },
};
/** The exit code of `verify` and `show` that found damage. */
export const DAMAGED = 3;

/** The pipeline whose store is attacked: two stages that train nothing. */
export const PIPELINE = {
  name: 'hostile',
  stages: {
    corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 3 } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 120 } },
  },
};
export const RUN = ['run', './hostile.pipeline.json'];
export const DONE = { exitCode: 0, text: 'Done in' };
export const DAMAGED = 3;

import { defineStage, type StageProblem } from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { CorpusConfig } from './config.generated.ts';

export const corpus = defineStage<CorpusConfig>()({
  kind: 'corpus',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    files: {
      types: ['text'],
      description: 'A text file, a folder or a glob; for `source.kind` "files"',
      optional: true,
      path: { kind: 'files' },
    },
  },
  outputs: () => ({ text: { type: 'text', description: 'Sentences, each with its document and split' } }),
  usesEngine: false,
  usesSeed: true,
  module: '@retort/stage-corpus/run',
  describe: ({ config: { source } }) => {
    const rows = source.kind === 'synthetic' ? source.documents * source.sentencesPerDocument : source.maxSentences;
    return { text: rows === undefined ? {} : { rows } };
  },
  check: ({ config: { source }, inputs }) => sourceProblems(source.kind, 'files' in inputs),
});

function sourceProblems(kind: 'synthetic' | 'files', isConnected: boolean): StageProblem[] {
  if (kind === 'files' && !isConnected) {
    const message = 'The source is "files", but the input "files" is missing. Give it a file, a folder or a glob.';
    return [{ code: 'CORPUS_FILES_MISSING', path: ['inputs'], message }];
  }
  if (kind === 'synthetic' && isConnected) {
    const message =
      'The source is "synthetic", so the input "files" is not used. Set "source.kind" to "files", or remove the input.';
    return [{ code: 'CORPUS_FILES_UNUSED', path: ['inputs', 'files'], message }];
  }
  return [];
}

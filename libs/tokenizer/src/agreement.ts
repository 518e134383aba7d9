import { type Diagnostic, InvalidInputError } from '@retort/diagnostics';
import type { TokenizerFiles } from './load-vocabulary.ts';
import type { TokenizerConfig } from './tokenizer-config.ts';
import type { Vocabulary } from './vocabulary.ts';

interface Parts {
  readonly json: Vocabulary;
  readonly tokens: readonly string[] | undefined;
  readonly config: TokenizerConfig;
  readonly files: TokenizerFiles;
}

/** @throws InvalidInputError TOKENIZER_DISAGREES where files of one folder would give different ids */
export function checkAgreement(parts: Parts): void {
  const problems = [...tokenProblems(parts), ...settingProblems(parts)];
  if (problems.length > 0) throw new InvalidInputError(problems);
}

function tokenProblems({ json, tokens, files }: Parts): Diagnostic[] {
  if (tokens === undefined) return [];
  const id = Array.from({ length: Math.max(tokens.length, json.tokens.length) }, (_, i) => i).find(
    (i) => tokens[i] !== json.tokens[i],
  );
  if (id === undefined) return [];
  const message =
    `vocab.txt has ${tokens.length} tokens, tokenizer.json ${json.tokens.length}; they first differ at id ${id}: ` +
    `${named(tokens[id])} against ${named(json.tokens[id])}. Remove the one that does not belong to the model.`;
  return [
    { code: 'TOKENIZER_DISAGREES', message, location: { ...(files.text && { file: files.text }), line: id + 1 } },
  ];
}

function named(token: string | undefined): string {
  return token === undefined ? 'nothing' : JSON.stringify(token);
}

function settingProblems({ json, config, files }: Parts): Diagnostic[] {
  const { lowercase, stripAccents = lowercase, handleChineseChars } = json.normalizer;
  const settings = { lowercase, stripAccents, handleChineseChars };
  return Object.entries(config)
    .filter(([name, value]) => settings[name as keyof typeof settings] !== value)
    .map(([name, value]) => ({
      code: 'TOKENIZER_DISAGREES',
      message: `tokenizer_config.json says ${name}: ${value}, tokenizer.json says ${!value}. Make both say what the model was trained with.`,
      location: { ...(files.config && { file: files.config }) },
    }));
}

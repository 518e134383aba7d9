import { InvalidInputError } from '@retort/diagnostics';
import type { NormalizerSettings } from './vocabulary.ts';

/** The settings of a `tokenizer_config.json` (HuggingFace) that decide ids. */
export type TokenizerConfig = Partial<Omit<NormalizerSettings, 'cleanText'>>;

export function parseTokenizerConfig(text: string, file: string): TokenizerConfig {
  const json = parse(text, file);
  return {
    ...booleanMember(json, 'do_lower_case', 'lowercase'),
    ...booleanMember(json, 'strip_accents', 'stripAccents'),
    ...booleanMember(json, 'tokenize_chinese_chars', 'handleChineseChars'),
  };
}

export function formatTokenizerConfig({ lowercase, stripAccents, handleChineseChars }: NormalizerSettings): string {
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: lowercase,
    strip_accents: stripAccents ?? null,
    tokenize_chinese_chars: handleChineseChars,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    mask_token: '[MASK]',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function booleanMember(json: Record<string, unknown>, theirs: string, ours: string): Record<string, boolean> {
  const value = json[theirs];
  return typeof value === 'boolean' ? { [ours]: value } : {};
}

function parse(text: string, file: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInputError([
      { code: 'TOKENIZER_SYNTAX', message: `Not JSON: ${(error as Error).message}.`, location: { file } },
    ]);
  }
}

import type { BertConfig } from '../config.ts';
import type { ModelFamily } from '../family.ts';
import { bert } from './bert.ts';
import { distilbert } from './distilbert.ts';

/** Those that come with Retort. */
export const modelFamilies: readonly ModelFamily[] = [bert, distilbert];

/** Old files of BERT name no type. */
export function familyNamed(modelType: unknown): ModelFamily | undefined {
  return modelFamilies.find(({ name }) => name === (modelType ?? 'bert'));
}

/** Whose folder a model is written as unless somebody asks for another one. */
export function familyOf({ family }: Pick<BertConfig, 'family'>): ModelFamily {
  return familyNamed(family) ?? bert;
}

export { bert, distilbert };

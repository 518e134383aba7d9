import { extensionPoint } from '@retort/foundation/extensions';
import type { BertConfig } from '../config.ts';
import type { ModelFamily } from '../family.ts';
import { bert } from './bert.ts';
import { camembert } from './camembert.ts';
import { distilbert } from './distilbert.ts';
import { electra } from './electra.ts';
import { roberta } from './roberta.ts';
import { xlmRoberta } from './xlm-roberta.ts';

/** All that can be read, ours and those of plug-ins. */
export const modelFamilies = extensionPoint<ModelFamily>('modelFamilies', [
  bert,
  distilbert,
  roberta,
  xlmRoberta,
  camembert,
  electra,
]);

/** Of a model's `config.json`. Old files of BERT name no type. */
export function familyNamed(modelType: unknown): ModelFamily | undefined {
  return modelType === undefined ? bert : modelFamilies.all().find(({ name }) => name === modelType);
}

/** Whose folder a model is written as unless somebody asks for another one. */
export function familyOf({ family }: Pick<BertConfig, 'family'>): ModelFamily {
  return familyNamed(family) ?? bert;
}

export { bert, distilbert };

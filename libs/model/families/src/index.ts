export { type BertConfig, headSize, LAYER_NORM_EPSILON } from './config.ts';
export { huggingFaceConfig } from './config-json.ts';
export {
  classify,
  type DropoutRates,
  type EncoderInputs,
  type EncoderOutputs,
  embed,
  encode,
  encodeLayers,
  wordFeatures,
  wordScores,
} from './encoder.ts';
export { bert, distilbert, familyNamed, familyOf, modelFamilies } from './families/index.ts';
export { type ModelFamily, parameterName } from './family.ts';
export { DEFAULT_HEAD_KIND, HEAD_KINDS, type HeadKind } from './heads/head-kind.ts';
export { type LoadedModel, loadModel, saveModel } from './model-folder.ts';
export { gelu, layerNorm, linear, maskBias } from './operations.ts';
export {
  type Head,
  INITIAL_DEVIATION,
  initialValues,
  outputCount,
  type ParameterSpec,
  parameterSpecs,
  parametersOf,
} from './parameters.ts';
export { type NamedArrays, readSafetensors, writeSafetensors } from './safetensors.ts';
export { readSafetensorsHeader, type SafetensorsEntry } from './safetensors-header.ts';
export { ignoresSegments } from './segments.ts';
export { tokenAxes } from './token-axes.ts';

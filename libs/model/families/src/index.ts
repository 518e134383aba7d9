export { type BertConfig, headSize, LAYER_NORM_EPSILON } from './config.ts';
export { distilBertProblem, ignoresSegments } from './distilbert-layout.ts';
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
export { DEFAULT_HEAD_KIND, HEAD_KINDS, type HeadKind } from './heads/head-kind.ts';
export { huggingFaceName } from './huggingface-names.ts';
export { huggingFaceConfig, type Layout, type LoadedModel, loadModel, saveModel } from './model-folder.ts';
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
export { tokenAxes } from './token-axes.ts';

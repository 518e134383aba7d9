export { type BertConfig, headSize, LAYER_NORM_EPSILON } from './config.ts';
export {
  classify,
  type DropoutRates,
  embed,
  encode,
  encodeLayers,
  type EncoderInputs,
  type EncoderOutputs,
  wordFeatures,
} from './encoder.ts';
export { huggingFaceName } from './huggingface-names.ts';
export { type LoadedModel, loadModel, saveModel } from './model-folder.ts';
export { gelu, layerNorm, linear, maskBias } from './operations.ts';
export {
  type Head,
  INITIAL_DEVIATION,
  initialValues,
  outputCount,
  parameterCount,
  type ParameterSpec,
  parameterSpecs,
} from './parameters.ts';
export { type NamedArrays, readSafetensors, writeSafetensors } from './safetensors.ts';

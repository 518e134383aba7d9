/**
 * The engines that exist, the default first. A name, so that planning needs no tensor library. It says all that the
 * engine decides of a stage's bytes, the device included, and is part of the key.
 */
export const ENGINES = ['onnx', 'tensorflow', 'wasm', 'cpu', 'tensorflow-cuda', 'onnx-cuda', 'onnx-webgpu'] as const;
export type EngineName = (typeof ENGINES)[number];

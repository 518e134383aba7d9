/** The engines that exist. A name, so that planning needs no tensor library. */
export const ENGINES = ['onnx', 'cpu'] as const;
export type EngineName = (typeof ENGINES)[number];

export { hash32, toUnit } from './hash32.ts';
export { RandomStream, streamKey } from './random-stream.ts';

export { RandomStream, streamKey } from './random-stream.ts';
export { hash32, toUnit } from './hash32.ts';

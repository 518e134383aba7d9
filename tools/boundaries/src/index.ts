export { type BoundaryResult, checkBoundaries } from './check.ts';
export { ALLOWED, type Layer, layerOf } from './layers.ts';

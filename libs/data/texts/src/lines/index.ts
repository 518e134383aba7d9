export { type JsonLimits, jsonShapeProblem } from './json-shape.ts';
export { openFile, unpacksTooFar, unreadable } from './open-bytes.ts';
export { type Pointer, pointerBehind, pointerIn } from './pointer.ts';
export { type Line, type ReadLinesOptions, readLines } from './read-lines.ts';
export { parseWholeJson, readWholeJson, readWholeText, type WholeText } from './whole-text.ts';

export { type Line, readLines, type ReadLinesOptions } from './read-lines.ts';
export { type JsonLimits, jsonShapeProblem } from './json-shape.ts';
export { openFile, unpacksTooFar, unreadable } from './open-bytes.ts';
export { type Pointer, pointerBehind, pointerIn } from './pointer.ts';
export { parseWholeJson, readWholeJson, readWholeText, type WholeText } from './whole-text.ts';

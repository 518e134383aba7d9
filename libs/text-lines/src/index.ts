export { type Line, readLines, type ReadLinesOptions } from './read-lines.ts';
export { gitLfsProblem } from './git-lfs.ts';
export { type JsonLimits, jsonShapeProblem } from './json-shape.ts';
export { openFile, unpacksTooFar, unreadable } from './open-bytes.ts';
export { parseWholeJson, readWholeJson, readWholeText, type WholeText } from './whole-text.ts';

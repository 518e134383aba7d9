export { type Line, readLines, type ReadLinesOptions } from './read-lines.ts';
export { openBytes, unreadable } from './open-bytes.ts';

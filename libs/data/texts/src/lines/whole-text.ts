import { open } from 'node:fs/promises';
import { formatBytes } from '@retort/foundation/diagnostics';
import { type JsonLimits, jsonShapeProblem } from './json-shape.ts';
import { otherEncoding } from './other-encoding.ts';
import { pointerIn } from './pointer.ts';

/** What was read, or a sentence that says why not. */
export type WholeText =
  | { readonly text: string; readonly problem?: undefined }
  | { readonly problem: string; readonly text?: undefined };
export type WholeJson =
  | { readonly json: unknown; readonly problem?: undefined }
  | { readonly problem: string; readonly json?: undefined };

/** A small foreign UTF-8 file as one text; nothing is read of a file longer than `bytes`. */
export async function readWholeText(path: string, bytes: number): Promise<WholeText> {
  try {
    const pointer = await pointerIn(path);
    if (pointer !== undefined) return { problem: pointer.message };
    const content = await readBytes(path, bytes);
    if (typeof content === 'string') return { problem: content };
    const other = otherEncoding(content);
    if (other !== undefined) return { problem: other };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : (error as Error).message;
    return { problem: `This file cannot be read: ${reason}.` };
  }
}

/** The same of a JSON file, which must not be nested deeper, or hold more values, than what it is for ever needs. */
export async function readWholeJson(
  path: string,
  { bytes, ...limits }: JsonLimits & { bytes: number },
): Promise<WholeJson> {
  const read = await readWholeText(path, bytes);
  return read.problem === undefined ? parseWholeJson(read.text, limits) : read;
}

/** A foreign text as JSON. */
export function parseWholeJson(text: string, limits: JsonLimits): WholeJson {
  const problem = jsonShapeProblem(text, limits);
  if (problem !== undefined) return { problem: `The JSON ${problem}.` };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: `It is not JSON: ${(error as Error).message}.` };
  }
}

async function readBytes(path: string, most: number): Promise<Buffer | string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > most) return `This file has ${formatBytes(size)}, but at most ${formatBytes(most)} are allowed.`;
    const content = Buffer.alloc(size);
    let done = 0;
    for (let read = 1; read > 0 && done < size; done += read)
      read = (await file.read(content, done, size - done, done)).bytesRead;
    return content.subarray(0, done);
  } finally {
    await file.close();
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import { RetortError } from '@retort/diagnostics';
import { jsonShapeProblem } from './json-shape.ts';

/** One tensor of a safetensors file, as its header gives it. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of the file from which, and up to which, its values lie. */
  readonly begin: number;
  readonly end: number;
}

/** Bytes of an element of each dtype of the format. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};
/** The format's own limit. */
const HEADER_LIMIT = 100 * 1024 * 1024;
/** Header, tensor, its lists. */
const HEADER_DEPTH = 3;

type Invalid = (what: string) => RetortError;
type Listed = Omit<SafetensorsEntry, 'begin' | 'end'> & { readonly offsets: readonly [number, number] };

/**
 * Names, dtypes, shapes and places of the tensors of a file, in the order of the file. Reads the header alone, and
 * believes nothing of it: the tensors must lie one after another, without holes or overlaps, to the end of the file.
 *
 * @throws RetortError SAFETENSORS_INVALID
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsEntry[]> {
  const file = await open(path, 'r');
  try {
    return await readHeaderOf(file, path);
  } finally {
    await file.close();
  }
}

/** The same of a file that is open. */
export async function readHeaderOf(file: FileHandle, path: string): Promise<SafetensorsEntry[]> {
  const invalid: Invalid = (what) => new RetortError('SAFETENSORS_INVALID', `${path}: ${what}`);
  const { size } = await file.stat();
  if (size < 8) throw invalid(`the file has ${size} bytes, expected at least 8.`);
  const length = Number((await readBytes(file, { at: 0, length: 8 })).readBigUInt64LE());
  if (length > HEADER_LIMIT || 8 + length > size)
    throw invalid(`the header claims ${length} bytes, but the file has ${size}.`);
  const text = (await readBytes(file, { at: 8, length })).toString('utf8');
  const entries = inOrder(parseHeader(text, invalid));
  checkLayout(entries, size - 8 - length, invalid);
  return entries.map(({ offsets: [begin, end], ...entry }) => ({
    ...entry,
    begin: 8 + length + begin,
    end: 8 + length + end,
  }));
}

async function readBytes(file: FileHandle, { at, length }: { at: number; length: number }): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  return bytes.subarray(0, bytesRead);
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function parseHeader(text: string, invalid: Invalid): Listed[] {
  let header: unknown;
  const problem = jsonShapeProblem(text, HEADER_DEPTH);
  if (problem !== undefined) throw invalid(`the header ${problem}.`);
  try {
    header = JSON.parse(text);
  } catch {
    throw invalid('the header is not JSON.');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw invalid('the header is not an object.');
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => listed(name, entry as Record<string, unknown>, invalid));
}

function listed(name: string, entry: Record<string, unknown> | null, invalid: Invalid): Listed {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  const isWhole =
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    Array.isArray(offsets) &&
    shape.every(isCount) &&
    offsets.length === 2 &&
    offsets.every(isCount);
  if (!isWhole) throw invalid(`tensor ${name} has no dtype, shape and data_offsets that could be read.`);
  return { name, dtype, shape, offsets: offsets as unknown as [number, number] };
}

function inOrder(entries: readonly Listed[]): Listed[] {
  return [...entries].sort((a, b) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
}

/** The format's own rule. */
function checkLayout(entries: readonly Listed[], bytes: number, invalid: Invalid): void {
  let at = 0;
  for (const { name, dtype, shape, offsets } of entries) {
    const [begin, end] = offsets;
    const width = Object.hasOwn(DTYPE_BYTES, dtype) ? (DTYPE_BYTES[dtype] as number) : undefined;
    if (width === undefined) throw invalid(`tensor ${name} has dtype ${dtype}, which the format does not have.`);
    if (end - begin !== product(shape) * width)
      throw invalid(
        `tensor ${name} of shape [${shape.join(', ')}] has the bytes ${begin} to ${end}, expected ${product(shape) * width} of them.`,
      );
    if (begin !== at) throw invalid(`tensor ${name} begins at byte ${begin} of the values, expected ${at}.`);
    at = end;
  }
  if (at !== bytes) throw invalid(`the tensors take ${at} bytes, but the file has ${bytes} for them.`);
}

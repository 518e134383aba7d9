import { type FileHandle, open } from 'node:fs/promises';
import { formatBytes, RetortError, shown } from '@retort/foundation/diagnostics';
import { parseWholeJson, pointerIn } from '@retort/texts/lines';

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
/** A BERT of 1000 layers has 16,000 tensors and 2 MiB of header; the format itself allows 100 MB. */
const HEADER_BYTES = 16 << 20;
const MOST_TENSORS = 50_000;
const MOST_AXES = 8;
const LONGEST_NAME = 500;
/** Header, tensor, its lists; a tensor has a dtype, a shape of up to eight axes, and two offsets. */
const HEADER_LIMITS = { depth: 3, values: MOST_TENSORS * (6 + MOST_AXES) };

/** What is shown of a file that is none, and enough to tell what it is. */
const BEGINNING_BYTES = 80;

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
  const start = await readBytes(file, { at: 0, length: Math.min(size, BEGINNING_BYTES) });
  const length = size < 8 ? Number.NaN : Number(start.readBigUInt64LE());
  if (!(length <= HEADER_BYTES && 8 + length <= size))
    throw invalid((await pointerIn(path))?.message ?? otherFormat(start) ?? noHeader(start, { size, length }));
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

/** Which other format begins so, where weights are expected. */
function otherFormat(start: Buffer): string | undefined {
  const text = start.toString('latin1');
  const found = OTHER_FORMATS.find(([pattern]) => pattern.test(text));
  return found && `the file is ${found[1]}, not safetensors. Save the weights as safetensors with save_pretrained.`;
}

const OPENING_BRACE = 0x7b;

/** @param length  what the first eight bytes say; NaN without them */
function noHeader(start: Buffer, { size, length }: { size: number; length: number }): string {
  const text = textOf(start);
  if (text !== undefined)
    return `expected a safetensors file, got text that starts with ${shown(text)}. Download or copy the weights again.`;
  if (Number.isNaN(length)) return `the file has ${size} bytes, expected at least 8.`;
  if (8 + length > size) {
    const why =
      start[8] === OPENING_BRACE
        ? 'It is truncated'
        : `It starts with the bytes ${start.toString('hex', 0, 16)}, so it is not a safetensors file`;
    return `the header claims ${length} bytes, but the file has ${size}. ${why}. Download or copy the weights again.`;
  }
  return `the header has ${formatBytes(length)}, but at most ${formatBytes(HEADER_BYTES)} are allowed.`;
}

/** Bytes as a text; undefined where they are none. A character that was cut at their end does not matter. */
function textOf(bytes: Buffer): string | undefined {
  const text = new TextDecoder().decode(bytes, { stream: true }).trim();
  // oxlint-disable-next-line no-control-regex -- control characters are what no text has
  return text === '' || /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text) ? undefined : text;
}

const OTHER_FORMATS: readonly (readonly [RegExp, string])[] = [
  [/^PK\x03\x04/, 'a PyTorch checkpoint or another zip archive'],
  [/^\x80[\x02-\x05]/, 'a PyTorch checkpoint (pickle)'],
  [/^\x89HDF/, 'a TensorFlow or Keras checkpoint (HDF5)'],
  [/^GGUF/, 'a GGUF file'],
  [/^\x1f\x8b/, 'a gzip file'],
  [/^\s*<(!doc|html|\?xml)/i, 'a web page, such as an error page from a failed download'],
];

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function parseHeader(text: string, invalid: Invalid): Listed[] {
  const { json: header, problem } = parseWholeJson(text, HEADER_LIMITS);
  if (problem !== undefined) throw invalid(`the header: ${problem}`);
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw invalid('the header is not an object.');
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (tensors.length > MOST_TENSORS)
    throw invalid(`the header lists ${tensors.length} tensors, but at most ${MOST_TENSORS} are allowed.`);
  const long = tensors.find(([name]) => name.length > LONGEST_NAME);
  if (long !== undefined)
    throw invalid(`a tensor name has ${long[0].length} characters. It starts with ${shown(long[0])}.`);
  return tensors.map(([name, entry]) => listed(name, entry as Record<string, unknown>, invalid));
}

function listed(name: string, entry: Record<string, unknown> | null, invalid: Invalid): Listed {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  const isWhole =
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    Array.isArray(offsets) &&
    shape.length <= MOST_AXES &&
    shape.every(isCount) &&
    offsets.length === 2 &&
    offsets.every(isCount);
  if (!isWhole) throw invalid(`tensor ${name} has no valid dtype, shape and data_offsets.`);
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
    if (width === undefined) throw invalid(`tensor ${name} has the unknown dtype ${dtype}.`);
    if (end - begin !== product(shape) * width)
      throw invalid(
        `tensor ${name} of shape [${shape.join(', ')}] has the bytes ${begin} to ${end}, expected ${product(shape) * width} bytes.`,
      );
    if (begin !== at) throw invalid(`tensor ${name} begins at byte ${begin} of the values, expected ${at}.`);
    at = end;
  }
  if (at !== bytes) throw invalid(`the tensors take ${at} bytes, but the file has ${bytes} for them.`);
}

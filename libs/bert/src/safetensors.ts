import { open, writeFile } from 'node:fs/promises';
import { RetortError } from '@retort/diagnostics';

export type NamedArrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const HEADER_LIMIT = 100 * 1024 * 1024;

/**
 * Writes float32 tensors as safetensors: 8 bytes of header length, a JSON header, then the values, little-endian.
 * Names are written in sorted order, so that equal tensors make equal files.
 */
export async function writeSafetensors(path: string, tensors: NamedArrays): Promise<void> {
  const names = [...tensors.keys()].sort();
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const name of names) {
    const { shape, values } = tensors.get(name) as { shape: readonly number[]; values: Float32Array };
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  // Spaces up to a multiple of 8 bytes, for readers that map the values.
  const json = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, [
    length,
    json,
    ...names.map((name) => bytesOf((tensors.get(name) as { values: Float32Array }).values)),
  ]);
}

/**
 * Reads all tensors.
 *
 * @throws RetortError SAFETENSORS_INVALID for a header that is not one, tensors that do not fill the file one after
 * another, or a dtype other than F32
 */
export async function readSafetensors(
  path: string,
): Promise<Map<string, { shape: readonly number[]; values: Float32Array }>> {
  const invalid = (what: string) => new RetortError('SAFETENSORS_INVALID', `${path}: ${what}`);
  const file = await open(path, 'r');
  try {
    const size = (await file.stat()).size;
    if (size < 8) throw invalid(`the file has ${size} bytes, expected at least 8.`);
    const lengthBytes = Buffer.alloc(8);
    await file.read(lengthBytes, 0, 8, 0);
    const length = Number(lengthBytes.readBigUInt64LE());
    if (length > HEADER_LIMIT || 8 + length > size)
      throw invalid(`the header claims ${length} bytes, but the file has ${size}.`);
    const headerBytes = Buffer.alloc(length);
    await file.read(headerBytes, 0, length, 8);
    const entries = parseHeader(headerBytes, invalid);
    checkLayout(entries, size - 8 - length, invalid);
    const result = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const [name, { shape, data_offsets }] of entries) {
      const values = new Float32Array(product(shape));
      await file.read(new Uint8Array(values.buffer), 0, values.byteLength, 8 + length + data_offsets[0]);
      result.set(name, { shape, values });
    }
    return result;
  } finally {
    await file.close();
  }
}

type Invalid = (what: string) => RetortError;

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function parseHeader(bytes: Buffer, invalid: Invalid): [string, HeaderEntry][] {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('the header is not JSON.');
  }
  if (typeof header !== 'object' || header === null) throw invalid('the header is not an object.');
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const bad = entries.find(([, entry]) => !isEntry(entry));
  if (bad) throw invalid(`tensor ${bad[0]} has no dtype, shape and data_offsets that could be read.`);
  return entries;
}

function isEntry(entry: Partial<HeaderEntry> | null): entry is HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) return false;
  return shape.every(isCount) && offsets.length === 2 && offsets.every(isCount);
}

/** The format's own rule: the tensors lie one after another, without holes or overlaps, to the end of the file. */
function checkLayout(entries: readonly [string, HeaderEntry][], bytes: number, invalid: Invalid): void {
  let at = 0;
  const inOrder = [...entries].sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  for (const [name, { dtype, shape, data_offsets }] of inOrder) {
    const [begin, end] = data_offsets;
    if (dtype !== 'F32') throw invalid(`tensor ${name} has dtype ${dtype}; only F32 is supported.`);
    if (end - begin !== product(shape) * 4)
      throw invalid(
        `tensor ${name} of shape [${shape.join(', ')}] has the bytes ${begin} to ${end}, expected ${product(shape) * 4} of them.`,
      );
    if (begin !== at) throw invalid(`tensor ${name} begins at byte ${begin} of the values, expected ${at}.`);
    at = end;
  }
  if (at !== bytes) throw invalid(`the tensors take ${at} bytes, but the file has ${bytes} for them.`);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

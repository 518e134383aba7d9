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
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8, ' '));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, [
    length,
    json,
    ...names.map((name) => bytesOf((tensors.get(name) as { values: Float32Array }).values)),
  ]);
}

/** Reads all tensors. @throws RetortError SAFETENSORS_INVALID for a header or offsets that do not fit the file, or a dtype other than F32 */
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
    const result = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const [name, entry] of Object.entries(parseHeader(headerBytes, invalid))) {
      if (name === '__metadata__') continue;
      const {
        dtype,
        shape,
        data_offsets: [begin, end],
      } = entry;
      if (dtype !== 'F32') throw invalid(`tensor ${name} has dtype ${dtype}; only F32 is supported.`);
      const count = shape.reduce((a, b) => a * b, 1);
      if (end - begin !== count * 4 || begin < 0 || 8 + length + end > size) {
        throw invalid(
          `tensor ${name} of shape [${shape.join(', ')}] has the bytes ${begin} to ${end}, which do not fit its shape or the file.`,
        );
      }
      const values = new Float32Array(count);
      await file.read(new Uint8Array(values.buffer), 0, values.byteLength, 8 + length + begin);
      result.set(name, { shape, values });
    }
    return result;
  } finally {
    await file.close();
  }
}

function parseHeader(bytes: Buffer, invalid: (what: string) => RetortError): Record<string, HeaderEntry> {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('the header is not JSON.');
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

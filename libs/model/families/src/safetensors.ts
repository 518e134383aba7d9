import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { RetortError } from '@retort/foundation/diagnostics';
import { widenFloat16 } from '@retort/foundation/float16';
import { fromBfloat16 } from './bfloat16.ts';
import { readHeaderOf, type SafetensorsEntry } from './safetensors-header.ts';

export type NamedArrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

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
 * Reads tensors as float32; F16 and BF16 become float32 without loss.
 *
 * @param only names to read; all, when left out
 * @throws RetortError SAFETENSORS_INVALID for a header that is not one, tensors that do not fill the file one after
 * another, or a tensor to be read whose dtype is not F32, F16 or BF16
 */
export async function readSafetensors(
  path: string,
  only?: ReadonlySet<string>,
): Promise<Map<string, { shape: readonly number[]; values: Float32Array }>> {
  const file = await open(path, 'r');
  try {
    const entries = (await readHeaderOf(file, path)).filter(({ name }) => only?.has(name) ?? true);
    const result = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const entry of entries)
      result.set(entry.name, { shape: entry.shape, values: await readValues(file, entry, path) });
    return result;
  } finally {
    await file.close();
  }
}

async function readValues(
  file: FileHandle,
  { name, dtype, begin, end }: SafetensorsEntry,
  path: string,
): Promise<Float32Array> {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16')
    throw new RetortError(
      'SAFETENSORS_INVALID',
      `${path}: tensor ${name} has dtype ${dtype}, expected F32, F16 or BF16.`,
    );
  const bytes = new Uint8Array(end - begin);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, READ_BYTES), begin + done);
    if (bytesRead === 0)
      throw new RetortError(
        'SAFETENSORS_INVALID',
        `${path}: the file ends in tensor ${name}, so it changed while it was read. Run again.`,
      );
    done += bytesRead;
  }
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  return (dtype === 'F16' ? widenFloat16 : fromBfloat16)(new Uint16Array(bytes.buffer));
}

/** Node reads at most 2 GiB at a time. */
const READ_BYTES = 1 << 30;

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

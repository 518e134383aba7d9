import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArrays, readSafetensors, writeSafetensors } from '@retort/families';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'retort-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'model.safetensors');

const tensors: NamedArrays = new Map([
  ['b', { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45) }],
  ['a', { shape: [], values: Float32Array.of(0.1) }],
  ['größe', { shape: [0, 4], values: new Float32Array() }],
  // A view into a larger block, as the weights of a model in training are.
  ['view', { shape: [2], values: new Float32Array(10).fill(7).subarray(4, 6) }],
]);

describe('safetensors', () => {
  it('come back as they were written', async () => {
    await writeSafetensors(path, tensors);
    const read = await readSafetensors(path);
    expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, tensor] of tensors) expect(read.get(name), name).toEqual(tensor);
  });

  it('are the same bytes for the same tensors in another order', async () => {
    await writeSafetensors(path, tensors);
    const bytes = readFileSync(path);
    await writeSafetensors(path, new Map([...tensors].reverse()));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('have a header that ends on 8 bytes, as readers that map the file expect', async () => {
    await writeSafetensors(path, tensors);
    const length = Number(readFileSync(path).readBigUInt64LE());
    expect(length % 8).toBe(0);
    const header = JSON.parse(
      readFileSync(path)
        .subarray(8, 8 + length)
        .toString('utf8'),
    );
    expect(header).toMatchObject({
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
    });
  });
});

describe('half floats', () => {
  const half = (dtype: string, bits: readonly number[]) => {
    const values = Buffer.from(Uint16Array.from(bits).buffer);
    return Buffer.concat([fileOf({ a: entry([bits.length], [0, values.length], dtype) }, 0), values]);
  };

  it.each<[string, readonly number[], readonly number[]]>([
    [
      'F16',
      [0x0000, 0x8000, 0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00],
      [0, -0, 1, -2, 0.333251953125, 2 ** -24, 1023 * 2 ** -24, 65504, Infinity, -Infinity, NaN],
    ],
    ['BF16', [0x0000, 0x3f80, 0xc000, 0x3eab, 0x7f80, 0x0001], [0, 1, -2, 0.333984375, Infinity, 2 ** -133]],
  ])('of %s become float32 without loss', async (dtype, bits, expected) => {
    writeFileSync(path, half(dtype, bits));
    expect([...((await readSafetensors(path)).get('a')?.values ?? [])]).toEqual(expected);
  });

  it('are read beside tensors of whole numbers that nobody asks for', async () => {
    writeFileSync(path, fileOf({ ids: entry([1], [0, 8], 'I64'), a: entry([2], [8, 16]) }));
    expect([...(await readSafetensors(path, new Set(['a']))).keys()]).toEqual(['a']);
  });
});

const entry = (shape: readonly unknown[], offsets: readonly unknown[], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: offsets,
});

function fileOf(header: unknown, values = 16, claimed?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(values)]);
}

describe('a damaged or hostile file is refused', () => {
  it.each<[string, Buffer]>([
    ['an empty file', Buffer.alloc(0)],
    ['a file that ends in its length', Buffer.alloc(5)],
    ['a file that ends in its header', fileOf({ a: entry([4], [0, 16]) }).subarray(0, 30)],
    ['a file that ends in its values', fileOf({ a: entry([4], [0, 16]) }, 12)],
    ['values that no tensor has', fileOf({ a: entry([4], [0, 16]) }, 20)],
    ['a header of 2^63 bytes', fileOf({}, 0, 2n ** 63n)],
    ['a header of 200 MB', fileOf({}, 0, 200_000_000n)],
    ['a header that is not JSON', fileOf('{"a": ')],
    ['a header that is null', fileOf('null', 0)],
    ['a tensor that is null', fileOf({ a: null })],
    ['a tensor without offsets', fileOf({ a: { dtype: 'F32', shape: [4] } })],
    ['three offsets', fileOf({ a: entry([4], [0, 8, 16]) })],
    ['a negative offset', fileOf({ a: entry([4], [-16, 0]) })],
    ['offsets beyond the file', fileOf({ a: entry([4], [1_000_000, 1_000_016]) })],
    ['offsets that are not whole', fileOf({ a: entry([4], [0.5, 16.5]) })],
    ['offsets that do not fit the shape', fileOf({ a: entry([3], [0, 16]) })],
    ['a shape of more elements than there are', fileOf({ a: entry([2 ** 40, 2 ** 40], [0, 16]) })],
    ['a negative size', fileOf({ a: entry([-2, -2], [0, 16]) })],
    ['a size that is text', fileOf({ a: entry(['4'], [0, 16]) })],
    ['tensors that overlap', fileOf({ a: entry([3], [0, 12]), b: entry([2], [8, 16]) })],
    ['a hole between tensors', fileOf({ a: entry([1], [0, 4]), b: entry([2], [8, 16]) })],
    ['whole numbers', fileOf({ a: entry([2], [0, 16], 'I64') })],
    ['a dtype that there is not', fileOf({ a: entry([4], [0, 16], 'F33') })],
    ['a dtype that every object has', fileOf({ a: entry([4], [0, 16], 'constructor') })],
    [
      'a tensor that is named twice',
      fileOf(`{"a": ${JSON.stringify(entry([4], [0, 16]))}, "a": ${JSON.stringify(entry([4], [0, 16]))}}`),
    ],
    [
      'a member that is named twice',
      fileOf('{"a": {"dtype": "F32", "shape": [4], "dtype": "F32", "data_offsets": [0, 16]}}'),
    ],
    ['a header a million lists deep', fileOf(`{"a": ${'['.repeat(1e6)}${']'.repeat(1e6)}}`)],
    ['a header that is a list', fileOf('[]', 0)],
  ])('%s', async (_, bytes) => {
    writeFileSync(path, bytes);
    await expect(readSafetensors(path)).rejects.toMatchObject({ code: 'SAFETENSORS_INVALID' });
  });

  it('with a message that says what does not fit', async () => {
    const message = async (bytes: Buffer) => {
      writeFileSync(path, bytes);
      return readSafetensors(path).catch((error: Error) => error.message.replace(path, 'model.safetensors'));
    };
    expect(await message(fileOf({ weight: entry([4], [0, 16]) }, 12))).toMatchInlineSnapshot(
      `"model.safetensors: the tensors take 16 bytes, but the file has 12 for them."`,
    );
    expect(await message(fileOf({}, 0, 5000n))).toMatchInlineSnapshot(
      `"model.safetensors: the header claims 5000 bytes, but the file has 10. It is truncated. Download or copy the weights again."`,
    );
    expect(await message(fileOf({ weight: entry([2], [0, 16], 'I64') }))).toMatchInlineSnapshot(
      `"model.safetensors: tensor weight has dtype I64, expected F32, F16 or BF16."`,
    );
    expect(await message(fileOf(`{"a": ${JSON.stringify(entry([4], [0, 16]))}, "a": {}}`))).toMatchInlineSnapshot(
      `"model.safetensors: the header: The JSON names "a" twice."`,
    );
    expect(await message(fileOf({ a: entry([3], [0, 12]), b: entry([2], [8, 16]) }))).toMatchInlineSnapshot(
      `"model.safetensors: tensor b begins at byte 8 of the values, expected 12."`,
    );
  });
});

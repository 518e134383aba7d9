import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { unpackWheel } from '../../src/tensorflow-setup/unpack-wheel.ts';
import { zip } from './support/zip.ts';

async function unpacked(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'retort-unpack-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'demo.whl');
  writeFileSync(file, zip(files));
  await unpackWheel({ file, folder: join(folder, 'out'), onProgress: () => {} });
  return join(folder, 'out');
}

test('unpacks the library, the headers that the addon needs, and licences', async () => {
  const out = await unpacked({
    'tensorflow/libtensorflow_cc.so.2': 'library',
    'tensorflow/libtensorflow_framework.so.2': 'framework',
    'tensorflow/include/tensorflow/c/c_api.h': 'header',
    'tensorflow/include/xla/tsl/c/tsl_status.h': 'header',
    'tensorflow/include/Eigen/Core': 'not needed',
    'tensorflow/python/_pywrap_tfe.so': 'not needed',
    'tensorflow_cpu-2.18.1.dist-info/LICENSE': 'Apache',
  });
  expect(
    readdirSync(out, { recursive: true })
      .filter((name) => /[A-Z.]/.test(String(name).split('/').at(-1) ?? ''))
      .sort(),
  ).toEqual([
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
    'tensorflow_cpu-2.18.1.dist-info',
    'tensorflow_cpu-2.18.1.dist-info/LICENSE',
  ]);
  expect(readFileSync(join(out, 'tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
});

test("unpacks NVIDIA's libraries, and makes its programs executable", async () => {
  const out = await unpacked({
    'nvidia/cublas/lib/libcublas.so.12': 'library',
    'nvidia/cublas/include/cublas.h': 'not needed',
    'nvidia/cuda_nvcc/bin/ptxas': 'program',
  });
  expect(readdirSync(join(out, 'nvidia/cublas'))).toEqual(['lib']);
  expect(statSync(join(out, 'nvidia/cuda_nvcc/bin/ptxas')).mode & 0o111).not.toBe(0);
});

test('refuses an archive whose names lead out of the folder', async () => {
  await expect(unpacked({ 'nvidia/x/lib/../../../../../evil': 'no' })).rejects.toThrow('invalid relative path');
});

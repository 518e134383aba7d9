import { open } from 'node:fs/promises';
import { formatBytes } from '@retort/diagnostics';

/** A pointer is shorter than this, by its specification. */
const MOST_BYTES = 1024;
/** The second is what Git LFS was called before its first release. */
const BEGINNINGS = ['version https://git-lfs', 'version https://hawser'];

/** What a file is and what to do, where Git LFS left only its pointer to it; undefined for any other file. */
export async function gitLfsProblem(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size >= MOST_BYTES) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return pointerProblem(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

function pointerProblem(text: string): string | undefined {
  if (!BEGINNINGS.some((beginning) => text.startsWith(beginning))) return undefined;
  const [, size] = /^size (\d{1,15})$/m.exec(text) ?? [];
  const whole = size === undefined ? 'the file' : `the ${formatBytes(Number(size))} of the file`;
  return `It is a Git LFS pointer in place of ${whole}. Run "git lfs install" and "git lfs pull" in its folder, or download the file.`;
}

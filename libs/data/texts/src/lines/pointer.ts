import { open, readlink } from 'node:fs/promises';
import { formatBytes } from '@retort/foundation/diagnostics';

/** A small file that a large one was replaced by, and how to get that one. */
export interface Pointer {
  readonly code: 'INPUT_GIT_LFS' | 'INPUT_GIT_ANNEX';
  readonly message: string;
}

/** A pointer of Git LFS is shorter than this, by its specification; the key of git-annex is the name of a file. */
const MOST_BYTES = 1024;
/** The second is what Git LFS was called before its first release. */
const LFS = /^version https:\/\/(?:git-lfs|hawser)/;
/** A pointer of git-annex, the text of its link where a disk has no links, or where such a link leads. Keys give the size as `-s435-`. */
const ANNEX = /^(?:[^\n\0]*\.git)?[\\/]annex[\\/]objects[\\/][^\n\0]+\n?/;

/** What a file is and what to do, where Git LFS or git-annex left only a pointer to it; undefined for any other file. */
export async function pointerIn(path: string): Promise<Pointer | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => error);
  if (file instanceof Error) {
    const pointer = await pointerBehind(path);
    if (pointer === undefined) throw file;
    return pointer;
  }
  try {
    const { size } = await file.stat();
    if (size >= MOST_BYTES) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return pointerOf(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The same of a link that leads nowhere, which opens nothing. */
export async function pointerBehind(path: string): Promise<Pointer | undefined> {
  return pointerOf(await readlink(path).catch(() => ''));
}

function pointerOf(text: string): Pointer | undefined {
  if (LFS.test(text)) {
    const whole = wholeOf(/^size (\d{1,15})$/m.exec(text)?.[1]);
    const message = `This is a Git LFS pointer, not ${whole}. Run "git lfs install" and "git lfs pull" in its folder, or download the file.`;
    return { code: 'INPUT_GIT_LFS', message };
  }
  if (!ANNEX.test(text)) return undefined;
  const whole = wholeOf(/[\\/][A-Z0-9_]+(?:-[a-zA-Z]\d+)*?-s(\d{1,15})-/.exec(text)?.[1]);
  const message = `This is a git-annex pointer, not ${whole}. Run "git annex get" with its name in its folder, or download the file.`;
  return { code: 'INPUT_GIT_ANNEX', message };
}

function wholeOf(size: string | undefined): string {
  return size === undefined ? 'the file' : `the file of ${formatBytes(Number(size))}`;
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ArtifactStore } from '@retort/store';
import { onTestFinished } from 'vitest';

export function temporaryStore(): ArtifactStore {
  const root = mkdtempSync(join(tmpdir(), 'retort-store-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return new ArtifactStore(root);
}

/** Publishes a folder of these files. */
export async function publish(store: ArtifactStore, files: Readonly<Record<string, string>>): Promise<string> {
  const attempt = await store.createAttempt();
  const folder = join(attempt.path, 'out');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { digest } = await store.publishArtifact(folder);
  await attempt.remove();
  return digest;
}

import { mkdir, rm } from 'node:fs/promises';
import type { StoreLayout } from './layout.ts';

export async function createFolder(layout: StoreLayout, key: string): Promise<void> {
  await mkdir(layout.checkpoint(key), { recursive: true });
}

export async function removeFolder(layout: StoreLayout, key: string): Promise<void> {
  await rm(layout.checkpoint(key), { recursive: true, force: true });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { type LoadOptions, loadPipeline, type ResolvedPipeline } from '@retort/pipeline-schema';
import { afterEach, beforeEach } from 'vitest';
import { registry } from './registry.ts';

/** A folder of pipeline files that lives as long as one test. */
export function useWorkspace(): {
  readonly folder: () => string;
  readonly write: (name: string, content: string | object) => string;
  readonly load: (name: string, options?: Partial<LoadOptions>) => Promise<ResolvedPipeline>;
  readonly problems: (name: string, options?: Partial<LoadOptions>) => Promise<string>;
} {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pipelines-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const load = (name: string, options: Partial<LoadOptions> = {}) =>
    loadPipeline({ file: `${name}.pipeline.json`, registry, cwd: folder, ...options });
  return {
    folder: () => folder,
    write: (name, content) => {
      writeFileSync(
        join(folder, `${name}.pipeline.json`),
        typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
      );
      return name;
    },
    load,
    problems: async (name, options) => {
      try {
        await load(name, options);
      } catch (error) {
        if (error instanceof InvalidInputError) return error.message;
        throw error;
      }
      return 'none';
    },
  };
}

export const tiny = {
  name: 'tiny',
  stages: {
    corpus: { uses: 'source' },
    student: { uses: 'train', inputs: { text: 'corpus.text' }, with: { student: { layers: 2 } } },
  },
};

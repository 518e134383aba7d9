import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@retort/foundation/diagnostics';
import { findPipeline, listPipelines } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();

describe('listPipelines', () => {
  it('lists name, variants and references, and the problem of a broken file', async () => {
    workspace.write('tiny', { ...tiny, description: 'Small.', variants: { quick: { seed: 1 } } });
    workspace.write('uses', {
      name: 'uses',
      stages: {
        a: { inputs: { text: 'tiny#corpus.text', more: ['tiny#student.student', 'other#a.b'], path: './a#b' } },
      },
    });
    workspace.write('broken', '{');
    workspace.write('odd', { stages: [1], variants: 'none', description: 3 });
    const file = (name: string) => join(workspace.folder(), `${name}.pipeline.json`);
    const none = { description: '', variants: [], references: [] };
    expect(await listPipelines(workspace.folder())).toEqual([
      { name: 'broken', file: file('broken'), ...none, problem: expect.objectContaining({ code: 'PIPELINE_SYNTAX' }) },
      { name: 'odd', file: file('odd'), ...none },
      { name: 'tiny', file: file('tiny'), description: 'Small.', variants: ['quick'], references: [] },
      { name: 'uses', file: file('uses'), description: '', variants: [], references: ['other', 'tiny'] },
    ]);
    expect(await listPipelines(join(workspace.folder(), 'absent'))).toEqual([]);
  });
});

describe('findPipeline', () => {
  it('takes a name of the workspace or a path, and suggests the nearest name', async () => {
    mkdirSync(join(workspace.folder(), 'pipelines'));
    const file = join(workspace.folder(), 'pipelines/sst2.pipeline.json');
    writeFileSync(file, '{}');
    expect(await findPipeline('sst2', workspace.folder, workspace.folder())).toBe(file);
    expect(await findPipeline('./sst2.pipeline.json', workspace.folder, join(workspace.folder(), 'pipelines'))).toBe(
      file,
    );
    const failure = await findPipeline('sst3', workspace.folder, workspace.folder()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toBe('No pipeline is named "sst3". Did you mean "sst2"? Known: sst2.');
    await expect(findPipeline('./nothing.json', workspace.folder, workspace.folder())).rejects.toMatchObject({
      code: 'PIPELINE_NOT_FOUND',
    });
  });
});

import { InvalidInputError } from '@retort/foundation/diagnostics';
import { loadPipeline } from '@retort/pipeline-schema';
import { expect, test } from 'vitest';
import { registry } from './registry.ts';
import { useWorkspace } from './workspace.ts';

const workspace = useWorkspace();

test('a setting that has another name now is refused with that name, in a file, a variant and after --set', async () => {
  const corpus = { uses: 'source' };
  const student = { uses: 'train', inputs: { text: 'corpus.text' }, with: { student: { layers: 1 }, rows: 4 } };
  const variants = { small: { 'stages.student.with.rows': 2 } };
  workspace.write('tiny', { name: 'tiny', stages: { corpus, student }, variants });
  const set = ['stages.corpus.with.rows=3', 'stages.student.with.rows=8'];
  const problems = await loadPipeline({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set }).then(
    () => [],
    (error: unknown) => (error as InvalidInputError).diagnostics.map(({ message }) => message),
  );
  const now = 'It is called "batchSize" now.';
  expect(problems).toEqual([`No setting is named "rows" here. ${now}`]);
  delete (student.with as { rows?: number }).rows;
  workspace.write('tiny', { name: 'tiny', stages: { corpus, student }, variants });
  await expect(
    loadPipeline({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set }),
  ).rejects.toMatchObject({
    diagnostics: ['stages.student.with.rows', 'stages.student.with.rows'].map((path) => ({
      message: `There is nothing at "${path}". After "stages.student.with" a path cannot continue with "rows". ${now}`,
    })),
  });
});

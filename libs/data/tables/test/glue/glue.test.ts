import { GLUE_TASKS, glueTask, submissionText } from '@retort/tables/glue';
import { describe, expect, it } from 'vitest';

describe('submissionText', () => {
  it('spells classes as GLUE does', () => {
    expect(submissionText(glueTask('mnli'), [2, 0])).toBe('index\tprediction\n0\tcontradiction\n1\tentailment\n');
    expect(submissionText(glueTask('cola'), [1])).toBe('index\tprediction\n0\t1\n');
  });

  it('keeps scores in their range', () => {
    expect(submissionText(glueTask('stsb'), [5.2, -0.1, 2.34567])).toBe(
      'index\tprediction\n0\t5.000\n1\t0.000\n2\t2.346\n',
    );
  });
});

describe('the tasks', () => {
  it('are the nine that GLUE averages over', () => {
    expect(GLUE_TASKS.map((name) => glueTask(name).title)).toEqual(
      'CoLA SST-2 MRPC STS-B QQP MNLI QNLI RTE WNLI'.split(' '),
    );
  });

  it.each(GLUE_TASKS)('%s has a name for each class, and labels in training and development tables', (name) => {
    const { labels, layouts } = glueTask(name);
    if (labels.kind === 'classes') expect(labels.names.length).toBe(labels.values.length);
    for (const { train, validation } of layouts)
      expect([train, validation].every(({ columns }) => columns.label !== undefined)).toBe(true);
  });
});

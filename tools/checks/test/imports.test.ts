import { fileURLToPath } from 'node:url';
import { formatDiagnostic } from '@retort/foundation/diagnostics';
import { expect, test } from 'vitest';
import { checkBoundaries } from '../src/imports/check.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const fixture = fileURLToPath(new URL('./fixtures/imports', import.meta.url));

test('every import of the workspace goes in an allowed direction', () => {
  const { packages, files, crossings, problems } = checkBoundaries(workspace);
  expect(problems.map(formatDiagnostic)).toEqual([]);
  // A check that looked at nothing would pass too.
  expect(packages).toBeGreaterThanOrEqual(25);
  expect(files).toBeGreaterThan(packages);
  expect(crossings).toBeGreaterThan(20);
});

test('canary: every forbidden import of the fixture is reported, and nothing else', () => {
  const { problems } = checkBoundaries(fixture);
  expect(problems.map(formatDiagnostic).sort().join('\n')).toMatchInlineSnapshot(`
    "BOUNDARY_DIRECTION   apps/cli/src/main.ts:3
      @retort/cli (app) must not import @retort/bench (tool). The layer app may import: foundation, data, engine, model, kit, contract, orchestration, stage, app.
    BOUNDARY_DIRECTION   libs/model/engine/src/index.ts:2
      @retort/engine (engine) must not import @retort/tables (data). The layer engine may import: foundation, engine.
    BOUNDARY_DIRECTION   libs/model/training/src/index.ts:1
      @retort/training (model) must not import @retort/plugin-kit (kit). The layer model may import: foundation, data, engine, model.
    BOUNDARY_DIRECTION   libs/pipeline/graph/src/index.ts:1
      @retort/pipeline-graph (orchestration) must not import @retort/engine (engine). The layer orchestration may import: foundation, kit, data, contract, orchestration.
    BOUNDARY_DIRECTION   libs/pipeline/runner/src/index.ts:4
      @retort/pipeline-runner (orchestration) must not import @retort/stage-corpus (stage). The layer orchestration may import: foundation, kit, data, contract, orchestration.
    BOUNDARY_DIRECTION   libs/stages/corpus/src/index.ts:1
      @retort/stage-corpus (stage) must not import @retort/stage-tokenize (stage). The layer stage may import: foundation, data, engine, model, kit, contract.
    BOUNDARY_DIRECTION   libs/stages/corpus/src/stage.test.ts:1
      @retort/stage-corpus (stage) must not import @retort/pipeline-graph (orchestration). The layer stage may import: foundation, data, engine, model, kit, contract.
    BOUNDARY_RELATIVE   libs/stages/tokenize/src/run.ts:1
      "../../../foundation/src/index.ts" leaves the package @retort/stage-tokenize. Import the other package by its name.
    BOUNDARY_UNKNOWN_PACKAGE   libs/stages/tokenize/src/run.ts:2
      There is no package for "@retort/no-such-package" in this workspace.
    BOUNDARY_UNPLACED   libs/novelty
      @retort/novelty has no layer. Add it to tools/checks/src/layers.mjs."
  `);
});

// @ts-check

/**
 * @typedef {{ exitCode: number | null, output: string, seconds: number }} Run
 * @typedef {{ name: string, problem: string | undefined }} Comparison
 * @typedef {{ id: string, status: string, outputs: Record<string, { digest: string }> }} StageSummary
 * @typedef {{ event: string, status: string, stages: StageSummary[] }} RunFinished
 */

/**
 * What must hold of two runs of the same pipeline with the same store.
 *
 * @param {Run} first
 * @param {Run} second
 * @returns {Comparison[]}
 */
export function comparisons(first, second) {
  const [before, after] = [lastEvent(first.output), lastEvent(second.output)];
  const digests = after.stages.filter(
    ({ id, outputs }) => digestsOf(outputs) !== digestsOf(before.stages.find((stage) => stage.id === id)?.outputs),
  );
  return [
    ended('the first run is done', first, before),
    ended('the second run is done', second, after),
    holds('there are stages', before.stages.length > 0, 'the run had none'),
    holds(
      `the second run is cached (${second.seconds.toFixed(1)} s)`,
      uncached(after).length === 0,
      `not cached: ${uncached(after).join(', ')}`,
    ),
    holds(
      'both runs give the same digests',
      before.stages.length === after.stages.length && digests.length === 0,
      `these differ: ${digests.map(({ id }) => id).join(', ')}`,
    ),
  ];
}

/**
 * @param {string} output JSON lines
 * @returns {RunFinished} of a run that did not get there: no stages
 */
function lastEvent(output) {
  try {
    const event = JSON.parse(output.trim().split('\n').at(-1) ?? '');
    if (event.event === 'run-finished') return event;
  } catch {
    // Reported below as a run that is not done.
  }
  return { event: 'none', status: 'not finished', stages: [] };
}

/**
 * @param {string} name
 * @param {Run} run
 * @param {RunFinished} event
 */
function ended(name, { exitCode, seconds }, { status }) {
  return holds(
    `${name} (${seconds.toFixed(1)} s)`,
    exitCode === 0 && status === 'done',
    `status ${status}, exit code ${exitCode}`,
  );
}

/** @param {RunFinished} event */
function uncached({ stages }) {
  return stages.filter(({ status }) => status !== 'cached').map(({ id }) => id);
}

/** @param {Record<string, { digest: string }> | undefined} outputs */
function digestsOf(outputs = {}) {
  return JSON.stringify(
    Object.entries(outputs)
      .map(([port, { digest }]) => [port, digest])
      .sort(),
  );
}

/**
 * @param {string} name
 * @param {boolean} condition
 * @param {string} problem
 * @returns {Comparison}
 */
function holds(name, condition, problem) {
  return { name, problem: condition ? undefined : problem };
}

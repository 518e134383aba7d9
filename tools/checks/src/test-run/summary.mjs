// @ts-check

/**
 * @typedef {object} Assertion a test in vitest's JSON report
 * @property {string} fullName
 * @property {'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled'} status
 *
 * @typedef {object} FileResult
 * @property {string} name absolute path
 * @property {'passed' | 'failed'} status
 * @property {string} [message]
 * @property {readonly Assertion[]} assertionResults
 *
 * @typedef {{ readonly testResults: readonly FileResult[] }} Report
 *
 * @typedef {object} Summary
 * @property {number} passed
 * @property {number} failed tests, and files that failed before or beside their tests
 * @property {readonly string[]} skipped names
 * @property {readonly string[]} problems what failed that is no test
 */

/**
 * Counts what happened. A file that could not be loaded has no tests, so it counts as one failure; so does a run that
 * failed although every test passed (an unhandled error, no test found, a crash that left no report).
 *
 * @param {readonly Report[]} reports one for each package
 * @param {number} exitCode of the run
 * @returns {Summary}
 */
export function summarize(reports, exitCode) {
  const files = reports.flatMap(({ testResults }) => testResults);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const problems = files
    .filter(failedAsFile)
    .map(({ name, message }) => `${name}: ${message || 'failed outside its tests'}`);
  let failed = tests.filter(({ status }) => status === 'failed').length + problems.length;
  if (failed === 0 && (exitCode !== 0 || reports.length === 0)) {
    problems.push(
      reports.length === 0
        ? `no package left a report, and Nx ended with code ${exitCode}`
        : `Nx ended with code ${exitCode} though no test failed`,
    );
    failed = 1;
  }
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const skipped = tests
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName);
  return { passed, failed, skipped, problems };
}

/**
 * `12 passed, 0 failed`, with `, 3 skipped` where some were.
 *
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @param {FileResult} file */
function failedAsFile({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

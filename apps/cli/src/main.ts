import { formatDiagnostic, InvalidInputError, RetortError } from '@retort/diagnostics';
import { CommanderError } from 'commander';
import { errorDocument } from './error-document.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { createProgram } from './program.ts';
import type { Surroundings } from './settings.ts';
import { startPage } from './start-page.ts';

/**
 * The command.
 *
 * @param workspace  absolute path of the checkout that the command belongs to
 * @param args  what was typed after `retort`
 * @returns its exit code; the process ends by itself
 */
export async function main(workspace: string, args: readonly string[]): Promise<number> {
  ignoreClosedOutput();
  const surroundings: Surroundings = { workspace, cwd: process.cwd(), env: process.env };
  let code: ExitCode = EXIT.done;
  const program = createProgram(surroundings, (ended) => {
    code = ended;
  });
  try {
    if (args.length === 0) process.stdout.write(await startPage(program, surroundings));
    else await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return reportError(error, args.includes('--json'));
  }
}

function reportError(error: unknown, json: boolean): number {
  // Help and version end this way; mistakes are UsageErrors.
  if (error instanceof CommanderError) return EXIT.done;
  process.stderr.write(`${errorText(error)}\n`);
  if (json) process.stdout.write(`${JSON.stringify(errorDocument(error))}\n`);
  return exitCodeOf(error);
}

function errorText(error: unknown): string {
  if (error instanceof InvalidInputError) return error.message;
  if (error instanceof RetortError) return formatDiagnostic({ code: error.code, message: error.message });
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return formatDiagnostic({
    code: 'INTERNAL_ERROR',
    message: `This is a mistake in Retort, not in what you gave it.\n${stack}`,
  });
}

/** `retort plan x | head` closes our output early: nobody reads any more, which is no error, and no reason to stop a run. */
function ignoreClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

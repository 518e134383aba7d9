import { formatDiagnostic, InvalidInputError, RetortError, systemError } from '@retort/foundation/diagnostics';
import { CommanderError } from 'commander';
import { errorDocument } from './error-document.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { watchOutput } from './output-streams.ts';
import { createProgram } from './program.ts';
import { type Surroundings, workspaceOf } from './settings.ts';
import { startPage } from './start-page.ts';

/**
 * The command.
 *
 * @param installation  absolute path of the folder that holds Retort's code
 * @param args  what was typed after `retort`
 * @returns its exit code; the process ends by itself
 */
export async function main(installation: string, args: readonly string[]): Promise<number> {
  const outputWritten = watchOutput();
  const [cwd, env] = [process.cwd(), process.env];
  const surroundings: Surroundings = { installation, workspace: workspaceOf(cwd, env), cwd, env };
  let code: ExitCode = EXIT.done;
  const program = createProgram(surroundings, (ended) => {
    code = ended;
  });
  try {
    if (args.length === 0) process.stdout.write(await startPage(program, surroundings));
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    code = reportError(error, args.includes('--json'));
  }
  const lost = await outputWritten();
  if (lost === undefined) return code;
  process.stderr.write(`${errorText(systemError(lost, 'write to standard output'))}\n`);
  return code === EXIT.done ? EXIT.failed : code;
}

function reportError(thrown: unknown, json: boolean): ExitCode {
  const error = systemError(thrown, 'read or write a file');
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
    message: `This is a bug in Retort, not a mistake in your input.\n${stack}`,
  });
}

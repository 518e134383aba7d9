import type { Diagnostic } from '@retort/foundation/diagnostics';

/** A problem of a file among what an input names, reported at the input: the file goes into the sentence. */
export function inputProblem({ code, message, location = {} }: Diagnostic): { code: string; message: string } {
  const { file, line, pointer } = location;
  const place = [file, ...(line === undefined ? [] : [`:${line}`]), ...(pointer ? [` ${pointer}`] : [])].join('');
  return { code, message: file === undefined ? message : `${place}: ${message}` };
}

import type { Diagnostic } from '@retort/foundation/diagnostics';

/** A problem of a file among what an input names, reported at the input: the file goes into the sentence. */
export function inputProblem({ location = {}, message, ...problem }: Diagnostic): Omit<Diagnostic, 'location'> {
  const { file, line, pointer } = location;
  const place = [file, ...(line === undefined ? [] : [`:${line}`]), ...(pointer ? [` ${pointer}`] : [])].join('');
  return { ...problem, message: file === undefined ? message : `${place}: ${message}` };
}

import { type DiagnosticLocation, InvalidInputError, suggestion } from '@retort/foundation/diagnostics';

/** Paragraphs of the document that a line of JSON holds. */
export function jsonlDocument(line: string, textField: string, location: DiagnosticLocation): string[] {
  const record = parse(line, location);
  const text = record[textField];
  if (typeof text === 'string') return text.split(/\n+/);
  const message =
    text === undefined
      ? `There is no member ${JSON.stringify(textField)}.${suggestion(textField, Object.keys(record))} Set "source.textField" to the member with the text.`
      : `Expected a string in the member ${JSON.stringify(textField)}, got ${JSON.stringify(text).slice(0, 60)}.`;
  throw new InvalidInputError([{ code: 'CORPUS_TEXT_FIELD', message, location }]);
}

function parse(line: string, location: DiagnosticLocation): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InvalidInputError([
      { code: 'CORPUS_JSON', message: `This line is not JSON: ${(error as Error).message}.`, location },
    ]);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidInputError([{ code: 'CORPUS_JSON', message: 'Expected a JSON object on each line.', location }]);
}

// A process of its own: what `init` wants to know of tables as JSON on standard input, the answer as JSON on standard output.
import { text } from 'node:stream/consumers';
import { type Diagnostic, InvalidInputError } from '@retort/foundation/diagnostics';
import { surveyRows } from './survey-rows.ts';
import { surveyTables } from './survey-tables.ts';

const SURVEYS = { tables: surveyTables, rows: surveyRows };

export type Surveyed = { readonly found: unknown } | { readonly problems: readonly Diagnostic[] };

async function answer(): Promise<Surveyed> {
  const { kind, question } = JSON.parse(await text(process.stdin)) as { kind: keyof typeof SURVEYS; question: never };
  try {
    return { found: await SURVEYS[kind](question) };
  } catch (error) {
    if (error instanceof InvalidInputError) return { problems: error.diagnostics };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await answer()));

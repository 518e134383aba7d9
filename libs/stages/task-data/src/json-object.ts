import type { Diagnostic, DiagnosticLocation } from '@retort/foundation/diagnostics';

export function notAnObject(location: DiagnosticLocation): Diagnostic {
  return { code: 'TASK_DATA_JSON', message: 'Expected a JSON object on this line.', location };
}

/** A JSON object as a line holds it; undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Names of an object's members as they stand in valid JSON, where one name may occur several times. */
export function memberNames(json: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at] as string;
    if (character === '"') {
      const end = endOfString(json, at);
      if (isName) names.push(JSON.parse(json.slice(at, end + 1)) as string);
      isName = false;
      at = end;
    } else if (character === '{' || character === '[') {
      depth += 1;
      isName = depth === 1;
    } else if (character === '}' || character === ']') depth -= 1;
    else if (character === ',') isName = depth === 1;
  }
  return names;
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/** Whether a member may occur several times; false is certain, and costs no more than a search. */
export function mayRepeat(json: string, name: string): boolean {
  const quoted = JSON.stringify(name);
  return json.includes('\\') || json.indexOf(quoted) !== json.lastIndexOf(quoted);
}

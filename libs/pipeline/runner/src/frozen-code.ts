import type { CodeClosure, CodeLookup, PipelineGraph } from '@retort/pipeline-graph';
import { programOf } from '@retort/plugin-kit';

/** The code of every stage as it is now: an edit during a run must not mix versions. */
export async function freezeCode(code: CodeLookup, { stages }: PipelineGraph): Promise<CodeLookup> {
  const programs = programsOf(stages);
  const closures = await Promise.all(programs.map(async (each) => [each, await code.closureOf(each)] as const));
  const frozen = new Map<string, CodeClosure>(closures);
  return { ...code, closureOf: async (program) => frozen.get(program) ?? code.closureOf(program) };
}

export function programsOf(stages: PipelineGraph['stages']): string[] {
  return [...new Set(stages.map(({ definition, config }) => programOf(definition, config)))];
}

/** Where a stage's bundle lies, read a moment ago: what runs has the digest that is in the key. */
export async function intactProgram(code: CodeLookup, program: string): Promise<string> {
  const closure = await code.closureOf(program);
  return (await code.requireIntact?.(program, closure)) ?? closure.path;
}

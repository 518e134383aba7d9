import type { CodeClosure, CodeLookup, PipelineGraph } from '@retort/pipeline-graph';

/** The code of every stage as it is now: an edit during a run must not mix versions. */
export async function freezeCode(code: CodeLookup, { stages }: PipelineGraph): Promise<CodeLookup> {
  const modules = [...new Set(stages.map(({ definition }) => definition.module))];
  const closures = await Promise.all(modules.map(async (module) => [module, await code.closureOf(module)] as const));
  const frozen = new Map<string, CodeClosure>(closures);
  return { ...code, closureOf: async (module) => frozen.get(module) ?? code.closureOf(module) };
}

/** Where a stage's bundle lies, read a moment ago: what runs has the digest that is in the key. */
export async function intactProgram(code: CodeLookup, module: string): Promise<string> {
  const closure = await code.closureOf(module);
  return (await code.requireIntact?.(module, closure)) ?? closure.path;
}

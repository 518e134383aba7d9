import { type Diagnostic, suggestion } from '@retort/foundation/diagnostics';
import { accepts, type InputPort } from '@retort/plugin-kit';
import { type Edge, locateInput, type StageNode } from './stage-nodes.ts';

/** What is wrong with the inputs of one stage, the paths among them left aside. */
export function connectionProblems(node: StageNode, edges: readonly Edge[]): Diagnostic[] {
  return [
    ...missingRoles(node),
    ...unknownRoles(node),
    ...edges.flatMap((edge) => edgeProblems(node, edge)),
    ...refusedPaths(node),
  ];
}

function missingRoles({ stage, pipeline }: StageNode): Diagnostic[] {
  const missing = rolesOf(stage.definition.inputs).filter(
    ([role, port]) => !port.optional && !Object.hasOwn(stage.inputs, role),
  );
  return missing.map(([role, port]) => ({
    code: 'PIPELINE_MISSING_INPUT',
    message: `The stage "${stage.id}" (${stage.definition.kind}) needs the input "${role}": ${sentence(port.description)} Expected ${expectation(port)}.`,
    location: pipeline.locate(stage.id, ['inputs']),
  }));
}

function unknownRoles({ stage, pipeline }: StageNode): Diagnostic[] {
  const known = Object.keys(stage.definition.inputs);
  const unknown = Object.keys(stage.inputs).filter((role) => !known.includes(role));
  return unknown.map((role) => ({
    code: 'PIPELINE_UNKNOWN_ROLE',
    message: `${stage.definition.kind} has no input "${role}".${known.length === 0 ? ' It has no inputs.' : suggestion(role, known)}`,
    location: pipeline.locate(stage.id, ['inputs', role], 'name'),
  }));
}

function edgeProblems(node: StageNode, { role, stage, port, pipeline, from }: Edge): Diagnostic[] {
  const location = locateInput(node, role);
  const wanted = inputPort(node, role);
  if (from === undefined) {
    const where = pipeline === node.pipeline ? 'this pipeline' : `the pipeline "${pipeline.name}"`;
    const asFile =
      wanted?.path === undefined || pipeline !== node.pipeline ? '' : ` For a file, write "./${stage}.${port}".`;
    const known = suggestion(stage, [...pipeline.stages.keys()]);
    return [
      {
        code: 'PIPELINE_UNKNOWN_STAGE',
        message: `No stage of ${where} is named "${stage}".${known}${asFile}`,
        location,
      },
    ];
  }
  const output = from.outputs[port];
  if (!Object.hasOwn(from.outputs, port) || output === undefined) {
    const message = `The stage "${from.id}" (${from.stage.definition.kind}) has no output "${port}".${suggestion(port, Object.keys(from.outputs))}`;
    return [{ code: 'PIPELINE_UNKNOWN_PORT', message, location }];
  }
  if (wanted === undefined || accepts(wanted.types, output.type)) return [];
  const message = `The input "${role}" takes ${wanted.types.join(' or ')}, but ${from.id}.${port} is ${output.type}.${fitting(from, wanted)}`;
  return [{ code: 'PIPELINE_PORT_TYPE', message, location }];
}

function refusedPaths(node: StageNode): Diagnostic[] {
  return Object.entries(node.stage.inputs).flatMap(([role, reference]) => {
    const port = inputPort(node, role);
    if (reference.kind === 'hub' && port !== undefined && !port.path?.hub) {
      const message = `The input "${role}" cannot be a hub model. Expected ${expectation(port)}, got "${reference.text}". Import the model with an import-model stage.`;
      return [{ code: 'PIPELINE_HUB_NOT_ALLOWED', message, location: locateInput(node, role) }];
    }
    if (reference.kind !== 'path' || port === undefined || port.path !== undefined) return [];
    const message = `The input "${role}" cannot be a path. Expected ${expectation(port)}, got "${reference.text}".`;
    return [{ code: 'PIPELINE_PATH_NOT_ALLOWED', message, location: locateInput(node, role) }];
  });
}

function inputPort({ stage }: StageNode, role: string): InputPort | undefined {
  return Object.hasOwn(stage.definition.inputs, role) ? stage.definition.inputs[role] : undefined;
}

function rolesOf(inputs: Readonly<Record<string, InputPort>>): [string, InputPort][] {
  return Object.entries(inputs);
}

function fitting(from: StageNode, wanted: InputPort): string {
  const ports = Object.entries(from.outputs).filter(([, { type }]) => accepts(wanted.types, type));
  return ports.length === 0 ? '' : ` Outputs of that stage that fit: ${ports.map(([port]) => port).join(', ')}.`;
}

function expectation(port: InputPort): string {
  const path =
    port.path === undefined
      ? ''
      : port.path.kind === 'files'
        ? ', or a path of files'
        : `, or the path of a ${port.path.kind}`;
  return `"stage.port" of type ${port.types.join(' or ')}${path}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

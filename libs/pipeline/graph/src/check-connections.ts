import { type Diagnostic, suggestion } from '@retort/foundation/diagnostics';
import { inputEntries } from '@retort/foundation/inputs';
import { listInstead } from '@retort/pipeline-schema';
import { accepts, type InputPort } from '@retort/plugin-kit';
import { type Edge, locateInput, type StageNode } from './stage-nodes.ts';

/** What is wrong with the inputs of one stage, the paths among them left aside. */
export function connectionProblems(node: StageNode, edges: readonly Edge[]): Diagnostic[] {
  return [
    ...missingInputs(node),
    ...unknownInputs(node),
    ...edges.flatMap((edge) => edgeProblems(node, edge)),
    ...refusedPaths(node),
  ];
}

function missingInputs({ stage, pipeline }: StageNode): Diagnostic[] {
  const missing = Object.entries(stage.definition.inputs).filter(
    ([name, port]) => !port.optional && !Object.hasOwn(stage.inputs, name),
  );
  return missing.map(([name, port]) => ({
    code: 'PIPELINE_MISSING_INPUT',
    message: `The stage "${stage.id}" (${stage.definition.kind}) needs the input "${name}": ${sentence(port.description)} Expected ${expectation(port)}.`,
    location: pipeline.locate(stage.id, ['inputs']),
  }));
}

function unknownInputs({ stage, pipeline }: StageNode): Diagnostic[] {
  const { inputs, kind } = stage.definition;
  const known = Object.keys(inputs);
  const unknown = Object.keys(stage.inputs).filter((name) => !known.includes(name));
  return unknown.map((name) => ({
    code: 'PIPELINE_UNKNOWN_INPUT',
    message: `${kind} has no input "${name}".${known.length === 0 ? ' It has no inputs.' : (listInstead(name, inputs) ?? suggestion(name, known))}`,
    location: pipeline.locate(stage.id, ['inputs', name], 'name'),
  }));
}

function edgeProblems(node: StageNode, { input, at, stage, port, pipeline, from }: Edge): Diagnostic[] {
  const location = locateInput(node, input, at);
  const wanted = inputPort(node, input);
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
    return [{ code: 'PIPELINE_UNKNOWN_OUTPUT', message, location }];
  }
  if (wanted === undefined || accepts(wanted.types, output.type)) return [];
  const message = `The input "${input}" takes ${wanted.types.join(' or ')}, but ${from.id}.${port} is ${output.type}.${fitting(from, wanted)}`;
  return [{ code: 'PIPELINE_PORT_TYPE', message, location }];
}

function refusedPaths(node: StageNode): Diagnostic[] {
  return inputEntries(node.stage.inputs).flatMap(([name, reference, at]) => {
    const port = inputPort(node, name);
    if (reference.kind === 'hub' && port !== undefined && !port.path?.hub) {
      const message = `The input "${name}" cannot be a hub model. Expected ${expectation(port)}, got "${reference.text}". Import the model with an import-model stage.`;
      return [{ code: 'PIPELINE_HUB_NOT_ALLOWED', message, location: locateInput(node, name, at) }];
    }
    if (reference.kind !== 'path' || port === undefined || port.path !== undefined) return [];
    const message = `The input "${name}" cannot be a path. Expected ${expectation(port)}, got "${reference.text}".`;
    return [{ code: 'PIPELINE_PATH_NOT_ALLOWED', message, location: locateInput(node, name, at) }];
  });
}

function inputPort({ stage }: StageNode, name: string): InputPort | undefined {
  return Object.hasOwn(stage.definition.inputs, name) ? stage.definition.inputs[name] : undefined;
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
  return `"stage.output" of type ${port.types.join(' or ')}${path}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

import type { EngineName } from '@retort/stage-kit';
import { execa } from 'execa';
import type { Check } from './check.ts';

interface EngineProbe {
  readonly engine: EngineName;
  /** Without it nothing can be trained by default. */
  readonly isRequired: boolean;
  /** A module that loads the engine, computes something small with it and prints what it is. */
  readonly script: string;
  readonly remedy: string;
}

const PROBES: readonly EngineProbe[] = [
  {
    engine: 'onnx',
    isRequired: true,
    remedy: 'npm ci',
    script: `
      import { createRequire } from 'node:module';
      import ort from 'onnxruntime-node';
      import proto from 'onnx-proto';
      const value = (name) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } });
      const graph = { name: 'probe', input: [value('x')], output: [value('y')], node: [{ opType: 'Add', input: ['x', 'x'], output: ['y'] }] };
      const model = proto.onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }).finish();
      const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'] });
      const { y } = await session.run({ x: new ort.Tensor('float32', [1, 2], [2]) });
      if (y.data[1] !== 4) throw new Error('2 + 2 gave ' + y.data[1]);
      const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
      console.log('onnxruntime-node ' + version + ', execution providers: ' + ort.listSupportedBackends().map(({ name }) => name).join(' '));`,
  },
  {
    engine: 'cpu',
    isRequired: false,
    remedy: 'npm ci',
    script: `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const tf = require('@tensorflow/tfjs-core');
      require('@tensorflow/tfjs-backend-cpu');
      const sum = tf.add(tf.tensor1d([1, 2]), 2).dataSync();
      if (sum[1] !== 4) throw new Error('2 + 2 gave ' + sum[1]);
      console.log('tfjs-core ' + tf.version_core + ', plain JavaScript: for tests and tiny shapes');`,
  },
];

/** Tries each engine in a process of its own: a native library that crashes takes only that one along. */
export async function engineChecks(workspace: string): Promise<Check[]> {
  return Promise.all(PROBES.map((probe) => tryEngine(probe, workspace)));
}

async function tryEngine({ engine, isRequired, script, remedy }: EngineProbe, workspace: string): Promise<Check> {
  const options = { cwd: workspace, reject: false, timeout: 60_000, env: { NODE_OPTIONS: '' } };
  const { exitCode, stdout, stderr, signal } = await execa(
    process.execPath,
    ['--input-type=module', '--eval', script],
    options,
  );
  const name = `engine ${engine}`;
  if (exitCode === 0) return { name, status: 'ok', detail: lastLine(stdout) };
  const cause = signal === undefined ? errorLine(stderr) : `the process was ended by ${signal}`;
  return { name, status: isRequired ? 'failed' : 'missing', detail: `does not load: ${cause}`, remedy };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function errorLine(text: string): string {
  return /^.*Error.*$/m.exec(text)?.[0].trim() ?? lastLine(text);
}

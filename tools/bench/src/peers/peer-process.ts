import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** How the peer does its work: default or fused AdamW in float32, or bfloat16 autocast with the fused one. */
export type PeerKind = 'default' | 'fused' | 'bf16';

/** PyTorch in a process of its own, that waits while we compute. See `peers/server.py`. */
export class PeerProcess {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor({ python, workspace, threads }: { python: string; workspace: string; threads: number }) {
    const script = join(workspace, 'tools/bench/peers/server.py');
    const env = { PEER_THREADS: String(threads), OMP_NUM_THREADS: String(threads), OMP_WAIT_POLICY: 'PASSIVE' };
    this.#child = execa(python, [script], { stdin: 'pipe', stderr: 'inherit', buffer: false, reject: false, env });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns what the peer computed from the tensors, to be compared with ours */
  load(request: {
    work: string;
    file: string;
    config: object;
    mapping?: readonly number[];
  }): Promise<Record<string, number>> {
    return this.#ask({ do: 'load', ...request });
  }

  async run(kind: PeerKind, repetitions: number): Promise<number[]> {
    return (await this.#ask<{ milliseconds: number[] }>({ do: 'run', kind, repetitions })).milliseconds;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#child;
  }

  async #ask<T>(request: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('The PyTorch process ended; what it said is above.');
    return JSON.parse(value) as T;
  }
}

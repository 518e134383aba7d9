import { RetortError } from '@retort/foundation/diagnostics';
import { KERNELS_BASE64 } from './kernels.generated.ts';

const PAGE_BYTES = 65_536;
const MAX_BYTES = 4 * 1024 ** 3 - PAGE_BYTES;
const ALIGNMENT = 64;

interface Kernels {
  adamw(
    weights: number,
    gradients: number,
    firstMoments: number,
    secondMoments: number,
    count: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    correction1: number,
    correction2: number,
    gradientScale: number,
  ): void;
  decay(weights: number, count: number, learningRate: number, weightDecay: number): void;
  sumOfSquares(values: number, count: number): number;
  dropoutMask(target: number, count: number, key: number, threshold: number, keep: number): void;
}

let compiled: WebAssembly.Module | undefined;

/**
 * One block of WebAssembly memory of a fixed size, with the SIMD kernels over it. Its Float32Array views are handed to
 * ONNX Runtime as they are, so that weights and gradients are never copied between the graph and the optimizer.
 *
 * It never grows: growing would detach every view that has been handed out.
 */
export class HostMemory {
  readonly kernels: Kernels;
  private readonly memory: WebAssembly.Memory;
  private used = ALIGNMENT;

  /** @param floats number of float32 elements that will be allocated @param arrays in how many arrays (for alignment) */
  constructor({ floats, arrays }: { floats: number; arrays: number }) {
    const bytes = floats * 4 + (arrays + 1) * ALIGNMENT;
    if (bytes > MAX_BYTES) {
      throw new RetortError(
        'MODEL_TOO_LARGE',
        `Weights, gradients and optimizer state need ${bytes} bytes in one block, but at most ${MAX_BYTES} fit. Use fewer layers, a smaller hidden size or a smaller vocabulary.`,
      );
    }
    const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_BASE64, 'base64'));
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    this.kernels = instance.exports as unknown as Kernels;
  }

  /** Zero-filled. `byteOffset` of the array is the pointer that the kernels take. */
  allocate(count: number): Float32Array {
    const offset = this.used;
    this.used = Math.ceil((offset + count * 4) / ALIGNMENT) * ALIGNMENT;
    return new Float32Array(this.memory.buffer, offset, count);
  }
}

/**
 * The one place where tfjs's side effects are asked for: all gradients, and the pure JavaScript backend, which is the
 * oracle for the others. Import it before a gradient is taken.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { RetortError } from '@retort/diagnostics';
import { enableProdMode, engine, setBackend } from '@tensorflow/tfjs-core';

// Production mode leaves out checks that read tensors back.
enableProdMode();

/** Runs `body`, which is synchronous, with `backend` as tfjs's backend. */
export async function withBackend<T>(backend: string, body: () => T): Promise<T> {
  // A backend that has been initialized is switched to synchronously, so nothing can switch again before `body` runs.
  while (engine().backendName !== backend) {
    const switched = setBackend(backend);
    if (engine().backendName === backend) break;
    if (!(await switched)) throw new RetortError('ENGINE_NOT_LOADED', `The tfjs backend ${backend} did not load.`);
  }
  return body();
}

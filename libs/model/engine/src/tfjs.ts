/**
 * The one place where tfjs's side effects are asked for: all gradients, and the pure JavaScript backend, which is the
 * oracle for the others. Import it before a gradient is taken.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { RetortError } from '@retort/foundation/diagnostics';
import { enableProdMode, engine, setBackend } from '@tensorflow/tfjs-core';

const loaded = new Set<string>();
let loading: Promise<unknown> = Promise.resolve();

/** Initializes a backend that tfjs knows by now; some take a while, in which tfjs can compute with no backend at all. */
export async function loadBackend(backend: string): Promise<void> {
  // Leaves out checks that read tensors back.
  enableProdMode();
  const success = loading.then(() => setBackend(backend));
  loading = success.catch(() => {});
  if (!(await success)) throw new RetortError('ENGINE_NOT_LOADED', `The tfjs backend ${backend} did not load.`);
  loaded.add(backend);
}

/** Runs `body`, which is synchronous, with `backend` as tfjs's backend. */
export async function withBackend<T>(backend: string, body: () => T): Promise<T> {
  if (!loaded.has(backend)) await loadBackend(backend);
  for (let last; last !== loading; await last) last = loading;
  // Switching to a backend that is loaded is synchronous, so that nothing can switch again before `body` runs.
  if (engine().backendName !== backend) void setBackend(backend);
  return body();
}

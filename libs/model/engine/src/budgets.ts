// What the engine `onnx` lets itself take.

/**
 * Bytes that a trainer may hold: weights with their gradients and moments, and compiled steps where there is none for all
 * sizes, each of which keeps an arena of its own (measured: 1.0 GB for 12 x 768 at 16 x 64). With everything else a stage then stays under 4 GiB.
 */
export const TRAINER_BYTES = 3.3e9;
/** Arrays of the size of the weights: values, gradients, two moments, and the gradients again, which onnxruntime-node copies at every run. */
export const COPIES_OF_WEIGHTS = 5;
/** Arenas are this much larger than what is in them (measured: 3 to 6 %, and some 40 MB of session each). */
export const ARENA_FACTOR = 1.06;
export const SESSION_BYTES = 40e6;
/** Bytes of weights that compiled forward passes may hold together; each has a packed copy of all of them. */
export const LIVE_FORWARD_BYTES = 600e6;

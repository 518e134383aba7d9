export { progressPrinter } from './print-progress.ts';
export type { SetupProgress } from './progress.ts';
export { type SetupOptions, type SetupResult, setUpTensorflow } from './set-up.ts';

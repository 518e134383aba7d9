import { make, openTinyWorkspace, pipeline, runTiny } from './tiny-pipeline.ts';

// A process that runs one stage which waits for ever, and prints every event; the test kills it.
const workspace = openTinyWorkspace(process.argv[2] as string);
await runTiny(workspace, pipeline(make('sleeper', { config: { behaviour: 'wait' } })), {
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});

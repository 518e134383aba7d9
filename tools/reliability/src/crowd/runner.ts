import { openCode } from '@retort/code-closure';
import { runPlan } from '@retort/pipeline-runner';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import { ArtifactStore } from '@retort/store';
import { crowdGraph } from './graph.ts';

/** What a runner of the crowd is told, as JSON in its only argument. */
export interface RunnerOrder {
  readonly workspace: string;
  readonly store: string;
  readonly executions: string;
  readonly milliseconds: number;
  readonly claimLimitSeconds: number;
  readonly jobs: number;
}

// A process of its own; prints each event as a line.
const order = JSON.parse(process.argv[2] as string) as RunnerOrder;
const { workspace, claimLimitSeconds, jobs } = order;
await runPlan({
  graph: crowdGraph(order.executions, order.milliseconds),
  store: new ArtifactStore(order.store, { claimLimitSeconds }),
  executor: createLocalExecutor(),
  code: openCode({ installation: workspace }),
  engine: 'cpu',
  jobs,
  cores: jobs,
  onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
});

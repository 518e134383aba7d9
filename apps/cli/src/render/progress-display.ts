import { printable } from '@retort/foundation/diagnostics';
import type { RunEvent } from '@retort/pipeline-runner';
import { createLogUpdate } from 'log-update';
import type { Colors } from './colors.ts';
import { ProgressBoard } from './progress-board.ts';
import { progressLine, progressText, waitingText } from './progress-line.ts';
import { stageLine } from './stage-line.ts';

/** Shows a run while it goes. `apply` every event, `close` at the end, also of a run that threw. */
export interface ProgressDisplay {
  apply(event: RunEvent): void;
  /** A line of its own that stays, above the live ones. */
  remark(line: string): void;
  close(): void;
}

interface DisplayOptions {
  readonly stream: NodeJS.WriteStream;
  readonly colors: Colors;
}

const FRAME_MILLISECONDS = 100;
const LOG_MILLISECONDS = 5000;

/** Live lines on a terminal; anywhere else a plain line for each running stage every few seconds. */
export function createProgressDisplay({ stream, colors }: DisplayOptions): ProgressDisplay {
  return canRedraw(stream) ? liveDisplay({ stream, colors }) : logDisplay({ stream, colors });
}

/** A terminal without a size (0 x 0), as some containers have, cannot be redrawn. */
function canRedraw({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && rows > 0;
}

function liveDisplay({ stream, colors }: DisplayOptions): ProgressDisplay {
  const board = new ProgressBoard();
  const update = createLogUpdate(stream);
  const draw = () => {
    // A terminal that was stopped (Ctrl-S) reads nothing: what would wait for it only grows.
    if (stream.writableNeedDrain) return;
    const running = board.running(seconds());
    const nameWidth = Math.max(0, ...running.map(({ id }) => printable(id).length));
    // One column is left free: a full line makes some terminals wrap.
    const width = stream.columns - 1;
    update(running.map((stage) => progressLine(stage, { colors, width, nameWidth })).join('\n'));
  };
  const timer = setInterval(draw, FRAME_MILLISECONDS);
  const keep = (line: string) => {
    update.persist(line);
    draw();
  };
  return {
    apply: (event) => {
      const line = permanentLine(event, board, colors);
      board.apply(event, seconds());
      if (line !== undefined) keep(line);
    },
    remark: keep,
    close: () => {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

function logDisplay({ stream, colors }: DisplayOptions): ProgressDisplay {
  const board = new ProgressBoard();
  const say = (line: string) => void stream.write(`${line}\n`);
  const tell = () => {
    if (!stream.writableNeedDrain) board.running(seconds()).map(progressText).forEach(say);
  };
  const timer = setInterval(tell, LOG_MILLISECONDS);
  return {
    apply: (event) => {
      const line = permanentLine(event, board, colors);
      board.apply(event, seconds());
      if (line !== undefined) say(line);
    },
    remark: say,
    close: () => clearInterval(timer),
  };
}

function permanentLine(event: RunEvent, board: ProgressBoard, colors: Colors): string | undefined {
  if (event.event === 'stage-finished') return stageLine(event.stage, board.lastProgress(event.stage.id), colors);
  if (event.event === 'stage-waiting')
    return `${colors.yellow('…')} ${printable(event.stage)}  ${waitingText(event.holder)}`;
  if (event.event === 'stage-log') return colors.dim(`· ${printable(event.stage)}  ${printable(event.message)}`);
  if (event.event === 'stage-warning')
    return `${colors.yellow('!')} ${printable(event.stage)}  ${printable(event.message)}`;
  return undefined;
}

function seconds(): number {
  return performance.now() / 1000;
}

import type { ParameterSet } from '@retort/engine';
import type { Work } from '@retort/foundation/work';
import { scoreText } from '../metrics/task-metrics.ts';
import { bestScoring, type CourseRow, isOutOfPatience, type ScoredRow, scoringsOf } from './course.ts';
import type { Measure, Scorer } from './scorer.ts';
import type { ValidationSettings } from './settings.ts';

/** What is scored while a model trains, and what becomes of the scores. */
export interface ValidationPlan {
  readonly settings: ValidationSettings;
  readonly scorer: Scorer;
}

/** How training went, and whose weights are the result. */
export interface ValidationOutcome {
  readonly keep: ValidationSettings['keep'];
  readonly measures: Scorer['measures'];
  /** Rows of the validation tokens that were scored. */
  readonly rows: number;
  readonly course: readonly CourseRow[];
  /** The scoring of the weights that are the result. */
  readonly kept: ScoredRow;
  /** The step after which training stopped early. */
  readonly stoppedAt?: number;
}

/** What a checkpoint holds of it, apart from weights. */
export interface ValidationState {
  readonly course: readonly CourseRow[];
  readonly since: Since;
  readonly seconds: number;
}

/** What has been summed since the last row of the course. */
interface Since {
  readonly losses: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly norms: number;
  readonly steps: number;
}

const NOTHING: Since = { losses: {}, rows: 0, norms: 0, steps: 0 };

/** Rows of a course that are no scorings: enough to draw a curve by. */
const CURVE_ROWS = 200;

/** Scoring that takes a larger part of training than this is worth a warning, where it is a matter of seconds. */
const WARNED_SHARE = 0.1;
const WARNED_SECONDS = 5;

interface Training {
  readonly parameters: ParameterSet;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly log: Work['log'];
  readonly warn: Work['warn'];
}

/** Scores a model while it trains, keeps its best weights, and says when to stop. All that it knows is in its state. */
export class Validation {
  readonly #settings: ValidationSettings;
  readonly #scorer: Scorer;
  readonly #training: Training;
  /** The best weights so far; undefined where the last ones are kept. */
  readonly #best: ReadonlyMap<string, Float32Array> | undefined;
  #course: CourseRow[] = [];
  #since = NOTHING;
  #isOver = false;
  /** When training would have begun had it never been broken off, on the clock of this process. */
  #began = now();
  #scoredAt = now();
  #hasWarned = false;

  constructor({ settings, scorer }: ValidationPlan, training: Training) {
    this.#settings = settings;
    this.#scorer = scorer;
    this.#training = training;
    if (settings.keep === 'best')
      this.#best = new Map(
        [...training.parameters.byName.values()].map(({ name, values }) => [name, new Float32Array(values.length)]),
      );
  }

  /** For a checkpoint, beside the state. */
  get arrays(): ReadonlyMap<string, Float32Array> {
    return new Map([...(this.#best ?? [])].map(([name, values]) => [`best ${name}`, values]));
  }

  get state(): ValidationState {
    return { course: this.#course, since: this.#since, seconds: now() - this.#began };
  }

  /** Goes on where a checkpoint has it; the arrays have been read by now. */
  resume({ course, since, seconds }: ValidationState): void {
    this.#course = [...course];
    this.#since = since;
    this.#isOver = isOutOfPatience(this.#course, this.#settings, this.#measure);
    this.#began = now() - seconds;
  }

  /** The last scores, as they are shown beside the losses. */
  get shown(): Readonly<Record<string, number>> {
    return scoreColumns(this.#course.findLast(({ scores }) => scores !== undefined)?.scores ?? {});
  }

  /** Whether training is to stop here. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A step was taken. */
  add(step: {
    /** Sums over the step's rows, by term. */
    readonly losses: Readonly<Record<string, number>>;
    readonly rows: number;
    readonly gradientNorm: number;
  }): void {
    const losses = { ...this.#since.losses };
    for (const [name, sum] of Object.entries(step.losses)) losses[name] = (losses[name] ?? 0) + sum;
    this.#since = {
      losses,
      rows: this.#since.rows + step.rows,
      norms: this.#since.norms + step.gradientNorm,
      steps: this.#since.steps + 1,
    };
  }

  /**
   * Adds a row to the course where one is due, with scores where those are. Does nothing for a step that has its row.
   *
   * @param learningRate of the step; undefined before the first one
   */
  async reached(step: number, learningRate?: number): Promise<void> {
    if (this.#course.at(-1)?.step === step) return;
    const isScored = this.#isScored(step);
    if (!isScored && step % Math.ceil(this.#training.totalSteps / CURVE_ROWS) !== 0) return;
    const scores = isScored ? await this.#score(step) : undefined;
    const { losses, rows, norms, steps } = this.#since;
    this.#course.push({
      step,
      epoch: step / this.#training.stepsPerEpoch,
      seconds: now() - this.#began,
      losses: Object.fromEntries(Object.entries(losses).map(([name, sum]) => [name, sum / rows])),
      ...(learningRate !== undefined && { learningRate, gradientNorm: norms / steps }),
      ...(scores && { scores }),
    });
    this.#since = NOTHING;
    if (scores) this.#judge(step, scores);
  }

  /** Puts the weights that are kept in place. */
  finish(): ValidationOutcome {
    const { keep } = this.#settings;
    const scorings = scoringsOf(this.#course);
    const last = scorings.at(-1) as ScoredRow;
    const best = bestScoring(this.#course, this.#measure);
    if (keep === 'best' && best === undefined)
      this.#training.warn(
        `${this.#measure.title} never had a value on the validation rows, so the weights of the last step were kept. Choose another metric in "validation.metric".`,
      );
    const kept = keep === 'best' ? (best ?? last) : last;
    if (kept !== last)
      for (const { name, values } of this.#training.parameters.byName.values())
        values.set(this.#best?.get(name) as Float32Array);
    const isEarly = last.step < this.#training.totalSteps;
    this.#training.log(
      `${isEarly ? `Stopped after step ${last.step} of ${this.#training.totalSteps}. ` : ''}Kept the weights of step ${kept.step}: ${this.#text(kept.scores)}.`,
    );
    return {
      keep,
      measures: this.#scorer.measures,
      rows: this.#scorer.rows,
      course: this.#course,
      kept,
      ...(isEarly && { stoppedAt: last.step }),
    };
  }

  get #measure(): Measure {
    return this.#scorer.measures[0];
  }

  #isScored(step: number): boolean {
    const { totalSteps, stepsPerEpoch } = this.#training;
    return step % (this.#settings.everySteps ?? stepsPerEpoch) === 0 || step === totalSteps;
  }

  async #score(step: number): Promise<Readonly<Record<string, number>>> {
    const began = now();
    const scores = Object.entries(await this.#scorer.score()).filter(([, value]) => Number.isFinite(value));
    const [spent, trained] = [now() - began, began - this.#scoredAt];
    this.#scoredAt = now();
    if (step > 0) this.#warnOfCost(spent, trained);
    return Object.fromEntries(scores);
  }

  #warnOfCost(spent: number, trained: number): void {
    if (this.#hasWarned || spent < WARNED_SECONDS || spent < WARNED_SHARE * trained) return;
    this.#hasWarned = true;
    this.#training.warn(
      `Scoring the ${this.#scorer.rows} validation rows took ${spent.toFixed(0)} s, and the training before it ${trained.toFixed(0)} s. To spend less, raise "validation.everySteps", or set "validation.maxRows".`,
    );
  }

  #judge(step: number, scores: Readonly<Record<string, number>>): void {
    this.#isOver = isOutOfPatience(this.#course, this.#settings, this.#measure);
    const isBest = bestScoring(this.#course, this.#measure)?.step === step;
    if (isBest)
      for (const [name, values] of this.#best ?? [])
        values.set(this.#training.parameters.byName.get(name)?.values as Float32Array);
    this.#training.log(`Step ${step}: ${this.#text(scores)}${isBest ? ', the best so far' : ''}.`);
  }

  #text(scores: Readonly<Record<string, number>>): string {
    const value = scores[this.#measure.name];
    const { title } = this.#measure;
    return value === undefined ? `no ${title}` : `${title} ${scoreText(value, this.#measure)}`;
  }
}

/** Scores by the names that they have beside losses. */
export function scoreColumns(scores: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [scoreColumn(name), value]));
}

export function scoreColumn(name: string): string {
  return `validation.${name}`;
}

/** For a stage's figures: what the kept weights score, of which step they are, and where a loss began. */
export function validationMetrics({
  measures: [{ name, better }],
  course,
  kept,
}: ValidationOutcome): Record<string, number> {
  const before = better === 'lower' ? course[0]?.scores?.[name] : undefined;
  return {
    ...scoreColumns(kept.scores),
    ...(before !== undefined && { [`${scoreColumn(name)}Before`]: before }),
    'validation.step': kept.step,
  };
}

const now = () => performance.now() / 1000;

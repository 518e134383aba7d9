import { RetortError, suggestion } from '@retort/foundation/diagnostics';
import { lossKinds, lossTerms } from '../terms/index.ts';
import type { LossKind, LossTerm } from '../terms/term.ts';
import { isTermMember, type LossBlock } from './schema.ts';
import { fixedValue, isZeroThroughout, type ScheduledValue } from './value-schedule.ts';

/** A term that takes part in a loss, with its settings. */
export interface ActiveTerm {
  readonly term: LossTerm;
  /** Of a type that the term alone knows. */
  readonly settings: never;
  readonly weight: ScheduledValue;
  readonly kind: string | undefined;
}

interface Member {
  readonly weight: ScheduledValue;
  readonly kind?: string;
}

/** What a block says of each term whose weight is not 0 throughout, whether or not its plug-in is here. */
export function membersInUse(block: LossBlock): readonly (readonly [name: string, settings: Member])[] {
  const members = Object.entries(block).filter(([name]) => isTermMember(name)) as unknown as [string, Member][];
  return members.filter(([, { weight }]) => !isZeroThroughout(weight));
}

/**
 * The terms of a block without those whose weight is 0 throughout: they cost nothing, and nothing is asked of the teacher for
 * them.
 *
 * @throws RetortError LOSS_TERM_UNKNOWN for one of a plug-in that is not here
 */
export function activeTerms(block: LossBlock): ActiveTerm[] {
  const names = lossTerms.all().map(({ name }) => name);
  const unknown = membersInUse(block).find(([name]) => !names.includes(name))?.[0];
  if (unknown !== undefined)
    throw new RetortError(
      'LOSS_TERM_UNKNOWN',
      `The loss has an unknown term "${unknown}".${suggestion(unknown, names)} Add its plug-in to retort.config.json. In evaluate, also add the term to "lossTerms".`,
    );
  return knownTerms(block);
}

/** The same without terms of plug-ins that are not here. */
export function knownTerms(block: LossBlock): ActiveTerm[] {
  const inUse = new Map(membersInUse(block));
  return lossTerms.all().flatMap((term) => {
    const settings = inUse.get(term.name);
    return settings ? [{ term, settings: settings as never, weight: settings.weight, kind: settings.kind }] : [];
  });
}

/** The objects that a block uses, by extension point. */
export function lossExtensions(block: LossBlock) {
  const terms = activeTerms(block);
  const isUsed = ({ term: owner, name }: LossKind) =>
    terms.some(({ term, kind }) => term.name === owner && kind === name);
  return {
    lossTerms: terms.map(({ term }) => term.name),
    lossKinds: lossKinds.all().flatMap((each) => (isUsed(each) ? [each.name] : [])),
    teacherSignals: terms.flatMap(({ term }) => term.signals.map(({ name }) => name)),
  };
}

/** Whether a term takes part. */
export function isTermOn(block: LossBlock, name: string): boolean {
  return activeTerms(block).some(({ term }) => term.name === name);
}

/** Whether some term compares hidden states through the projections that the block describes. */
export function usesProjections(block: LossBlock): boolean {
  return activeTerms(block).some(({ term }) => term.usesProjections);
}

/**
 * How many projections the loss has parameters for: 0; 1 where one serves all layers; 2 where the embedding output has
 * its own; or one for each student layer 0…M. Those of terms that are off are included, so that the index is fixed.
 */
export function projectionCount(block: LossBlock, studentLayers: number): number {
  if (!usesProjections(block)) return 0;
  return { none: 0, shared: 1, embeddingApart: 2, perLayer: studentLayers + 1 }[block.projection];
}

/** Which projection serves a student layer 0…M, counted from 0; undefined where there is none. */
export function projectionIndex(block: LossBlock, studentLayer: number): number | undefined {
  switch (block.projection) {
    case 'none':
      return undefined;
    case 'shared':
      return 0;
    case 'embeddingApart':
      return Math.min(1, studentLayer);
    case 'perLayer':
      return studentLayer;
  }
}

/** Numbers of a term that may be schedules, by name inside the block: `logits.temperature`. */
export function valuesOfTerm({
  term,
  settings,
  weight,
}: ActiveTerm): readonly { readonly name: string; readonly path: readonly string[]; readonly value: ScheduledValue }[] {
  const more = (term.schedules ?? []).map((setting) => [setting, settings[setting] as ScheduledValue] as const);
  return [['weight', weight] as const, ...more].map(([setting, value]) => {
    const path = [term.name, setting];
    return { name: path.join('.'), path, value };
  });
}

/** The numbers of a block that change from step to step and so are inputs of the program; those of terms that are on. */
export function scheduledValues(
  block: LossBlock,
): readonly { readonly name: string; readonly value: ScheduledValue }[] {
  return activeTerms(block)
    .flatMap(valuesOfTerm)
    .filter(({ value }) => fixedValue(value) === undefined);
}

/**
 * The block under which held-out losses are taken. Terms are reported before weighting, so that a weight only says whether
 * a term is on. Terms say what else differs: the temperature is the one that training ended with, and padding is left out.
 */
export function heldOutBlock(block: LossBlock): LossBlock {
  const heldOut = activeTerms(block).map(({ term, settings }) => {
    const changed: object = term.heldOut?.(settings) ?? settings;
    return [term.name, { ...changed, weight: 1 }];
  });
  const own = Object.entries(block).filter(([member]) => !isTermMember(member));
  return Object.fromEntries([...own, ...heldOut]) as unknown as LossBlock;
}

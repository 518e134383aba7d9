import { distance } from 'fastest-levenshtein';

/** The choice closest to `name`, or undefined when none is close enough to be what was meant. */
export function nearest(name: string, choices: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.ceil(name.length / 3));
  // No choice is nearer than it is longer or shorter, and a file may have names of megabytes.
  const near = choices.filter((choice) => Math.abs(choice.length - name.length) <= limit);
  const ranked = near.map((choice) => ({ choice, edits: distance(name, choice) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= limit ? best.choice : undefined;
}

/** ` Did you mean "x"?` and the list of choices when there are few; starts with a space so that it can be appended. */
export function suggestion(name: string, choices: readonly string[]): string {
  const best = nearest(name, choices);
  const hint = best === undefined ? '' : ` Did you mean ${JSON.stringify(best)}?`;
  const few = choices.length > 0 && choices.length <= 12;
  const list = few ? ` Known: ${choices.map(shortened).join(', ')}.` : '';
  return hint + list;
}

const LONGEST_CHOICE = 100;

function shortened(choice: string): string {
  return choice.length > LONGEST_CHOICE ? `${choice.slice(0, LONGEST_CHOICE)}…` : choice;
}

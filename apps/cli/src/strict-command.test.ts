import { UsageError } from '@retort/foundation/diagnostics';
import { expect, test } from 'vitest';
import { createProgram } from './program.ts';

test('no option of any command takes an empty value', () => {
  const program = createProgram({ installation: '/nowhere', workspace: undefined, cwd: '/nowhere', env: {} }, () => {});
  const options = [program, ...program.commands].flatMap((command) =>
    command.options.map((option) => ({ command, option })),
  );
  const withValue = options.filter(({ option }) => option.required || option.optional);
  expect(withValue.length).toBeGreaterThan(40);
  for (const { command, option } of withValue) {
    for (const empty of ['', '  ']) {
      const name = `${command.name()} ${option.long}`;
      expect(() => option.parseArg?.(empty, undefined as never), name).toThrow(UsageError);
      expect(() => option.parseArg?.(empty, undefined as never), name).toThrow(
        / is empty, perhaps from an unset shell variable/,
      );
    }
  }
});

import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { Command, type ErrorOptions, type Option } from 'commander';

/** Commands of earlier versions, and what does their work now. */
const RENAMED: Readonly<Record<string, string>> = { diff: 'compare --planned' };

/** A command whose mistakes are UsageErrors in our words, with the nearest name, instead of text and an ended process. */
export class StrictCommand extends Command {
  override addOption(option: Option): this {
    refuseEmpty(option);
    return super.addOption(option);
  }

  addOptions(options: readonly Option[]): this {
    for (const option of options) this.addOption(option);
    return this;
  }

  override error(message: string, options?: ErrorOptions): never {
    const [, given = ''] = /'([^']*)'/.exec(message) ?? [];
    switch (options?.code) {
      case 'commander.unknownOption':
        throw this.#unknownOption(given.replace(/=.*$/s, ''));
      case 'commander.unknownCommand':
        if (Object.hasOwn(RENAMED, given))
          throw new UsageError('USAGE_RENAMED_COMMAND', `"${given}" is now: retort ${RENAMED[given]}`);
        throw new UsageError(
          'USAGE_UNKNOWN_COMMAND',
          `There is no command "${given}".${suggestion(given, this.#commandNames())}`,
        );
      default:
        throw new UsageError('USAGE', `${sentence(message)} See: ${this.#path()} --help`);
    }
  }

  #unknownOption(flag: string): UsageError {
    const flags = this.options.flatMap(({ long }) => long ?? []);
    return new UsageError(
      'USAGE_UNKNOWN_OPTION',
      `"${this.#path()}" has no option "${flag}".${suggestion(flag, flags)}`,
    );
  }

  #commandNames(): string[] {
    return this.commands.map((command) => command.name());
  }

  #path(): string {
    return this.parent === null ? this.name() : `${this.parent.name()} ${this.name()}`;
  }
}

/** An option that is given an unset shell variable would mean something else: the current folder, the first run, nothing. */
function refuseEmpty(option: Option): void {
  if (!option.required && !option.optional) return;
  const parse = option.parseArg;
  option.argParser((value: string, previous: unknown) => {
    if (value.trim() === '') {
      throw new UsageError(
        'USAGE_EMPTY_OPTION',
        `${option.long} is empty, perhaps from an unset shell variable. Give it a value, or leave it out.`,
      );
    }
    if (parse !== undefined) return parse(value, previous);
    return option.variadic ? [...(Array.isArray(previous) ? previous : []), value] : value;
  });
}

/** `error: missing required argument 'x'` as a sentence. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

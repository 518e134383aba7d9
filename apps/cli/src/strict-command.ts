import { suggestion, UsageError } from '@retort/diagnostics';
import { Command, type ErrorOptions, type Option } from 'commander';

/** A command whose mistakes are UsageErrors in our words, with the nearest name, instead of text and an ended process. */
export class StrictCommand extends Command {
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

/** `error: missing required argument 'x'` as a sentence. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

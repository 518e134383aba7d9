import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';

interface Stage {
  readonly id: string;
  readonly status: string;
  readonly key?: string;
}

/** A user's project outside of the checkout, where npm installs from the registry of the test. */
export class Outside {
  readonly #parent: string;
  readonly #env: Readonly<Record<string, string>>;
  folder: string;

  private constructor(parent: string, registry: string) {
    const { HOME = '', PATH = '' } = process.env;
    this.#parent = parent;
    this.#env = { HOME, PATH, NO_COLOR: '1', npm_config_registry: registry };
    this.folder = join(parent, 'project');
  }

  static async create(registry: string): Promise<Outside> {
    const outside = new Outside(await mkdtemp(join(tmpdir(), 'retort-outside-')), registry);
    await outside.write({ 'package.json': { name: 'project', private: true } });
    return outside;
  }

  /** What a command writes on standard output, which must end well. */
  async type(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(...words);
    expect(exitCode, `${words.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  async try(...words: string[]): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
    const [command = '', ...args] = words;
    return execa(command, args, { cwd: this.folder, env: this.#env, extendEnv: false, reject: false });
  }

  /** `--prefer-offline`: most of it is in npm's cache already. */
  install(...packages: string[]): Promise<string> {
    return this.type('npm', 'install', '--prefer-offline', ...packages);
  }

  /** Versions that were published since this folder installed something. */
  upgrade(...packages: string[]): Promise<string> {
    return this.type('npm', 'install', '--prefer-online', ...packages);
  }

  /** Stages that a pipeline ends with. */
  async run(...args: string[]): Promise<readonly Stage[]> {
    const events = await this.type('npx', 'retort', 'run', ...args, '--json');
    const finished = JSON.parse(events.split('\n').at(-1) ?? '') as { readonly stages: readonly Stage[] };
    expect(finished).toMatchObject({ event: 'run-finished', status: 'done' });
    return finished.stages;
  }

  /** Stages as `retort plan` shows them; `command` when it is not that of the project. */
  async plan(pipeline: string, command = ['npx', 'retort'], ...more: string[]): Promise<readonly Stage[]> {
    const { stages } = JSON.parse(await this.type(...command, 'plan', pipeline, '--json', ...more));
    return stages;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async readJson(...names: string[]): Promise<unknown> {
    return JSON.parse(await readFile(this.path(...names), 'utf8'));
  }

  /** Texts as they are, anything else as JSON. */
  async write(files: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), typeof content === 'string' ? content : JSON.stringify(content));
    }
  }

  async move(): Promise<void> {
    const moved = join(this.#parent, 'moved');
    await rename(this.folder, moved);
    this.folder = moved;
  }

  remove(): Promise<void> {
    return rm(this.#parent, { recursive: true, force: true });
  }
}

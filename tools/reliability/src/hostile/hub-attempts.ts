import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HUB_ATTACKS, type HubAttack, SHORT_PATIENCE } from '@retort/model-hub/hub-attacks';
import { COMMIT, REPOSITORY, startHub } from '@retort/model-hub/testing';
import { type Attempt, DONE, RUN, retort, type Where, writePipeline } from './attempt.ts';
import { createModel } from './model-attempts.ts';

const TOKEN = 'hf_that_nobody_else_may_see';

/** A hub, a mirror, or who stands between: what it announced bounds what is taken from it, and it gets no token of another. */
export const HUB_ATTEMPTS: readonly Attempt[] = HUB_ATTACKS.map(attempt);

function attempt({ name, prepare, code }: HubAttack): Attempt {
  return {
    name: `a hub with ${name}`,
    run: async (where) => {
      const files = await modelFiles(where);
      const [hub, other] = [await startHub(files), await startHub(files)];
      try {
        prepare({ hub, other, files });
        const env = {
          HF_ENDPOINT: hub.url,
          HF_HOME: join(where.folder, 'home'),
          HF_TOKEN: TOKEN,
          HF_HUB_DOWNLOAD_TIMEOUT: SHORT_PATIENCE,
        };
        const model = `hf:${REPOSITORY}@${COMMIT}`;
        const stages = { teacher: { uses: 'import-model', inputs: { model }, with: { head: 'huggingface' } } };
        await writePipeline(where, stages);
        const seen = await retort(RUN, { ...where, env }, code === undefined ? DONE : { exitCode: [1, 2], text: code });
        if (other.tokens.length > 0) throw new Error('another host got the token');
        if (!hub.tokens.every((token) => token === `Bearer ${TOKEN}`)) throw new Error('the hub got another token');
        await nowhereInside(where.folder, TOKEN);
        return seen;
      } finally {
        await Promise.all([hub.close(), other.close()]);
      }
    },
  };
}

async function modelFiles(where: Where): Promise<Record<string, Buffer>> {
  const folder = join(where.folder, 'uploaded');
  await mkdir(folder);
  const path = await createModel({ ...where, folder });
  const names = await readdir(path);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))])));
}

/** @throws Error when a file holds the text: manifests, events and logs are read by others */
async function nowhereInside(folder: string, text: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) throw new Error(`${path} holds the token`);
  }
}

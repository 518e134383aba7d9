import { execa } from 'execa';
import { formatBytes } from '../render/units.ts';
import type { Check } from './check.ts';

export interface GraphicsCard {
  readonly name: string;
  readonly memoryBytes: number;
  readonly driver: string;
}

const QUERY = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];

/** Cards of NVIDIA, as their driver's own program lists them. */
export async function graphicsCardCheck(): Promise<Check> {
  const { exitCode, stdout } = await execa('nvidia-smi', QUERY, { reject: false, timeout: 20_000 });
  const cards = exitCode === 0 ? readCards(stdout) : [];
  if (cards.length === 0) {
    const detail = exitCode === 0 ? 'nvidia-smi lists none' : 'no NVIDIA card (nvidia-smi not found, or no driver)';
    return { name: 'graphics card', status: 'missing', detail };
  }
  const each = cards.map(({ name, memoryBytes, driver }) => `${name}, ${formatBytes(memoryBytes)}, driver ${driver}`);
  return { name: 'graphics card', status: 'ok', detail: each.join('; ') };
}

/** Lines such as `NVIDIA H100 80GB HBM3, 81559, 550.54.15`, memory in MiB. A line that is not like that is left out. */
export function readCards(text: string): GraphicsCard[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', memory = '', driver = ''] = line.split(',').map((part) => part.trim());
    const memoryBytes = Number(memory) * 1024 ** 2;
    return name && driver && memoryBytes > 0 ? [{ name, memoryBytes, driver }] : [];
  });
}

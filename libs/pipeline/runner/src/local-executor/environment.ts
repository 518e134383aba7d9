import { FAULT_VARIABLE } from '@retort/foundation/fault-points';

/** What a stage may need to find its files and its hardware. Nothing else is passed on: a variable may be a secret. */
const PASSED_ON =
  /^(PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|SYSTEMROOT|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|HF_HOME|RETORT_CACHE|XDG_CACHE_HOME|(CUDA|NVIDIA|ROCR|HIP|ORT|OMP|VK)_.+)$/i;

/** A stage's environment variables. Language and time zone are fixed: they must not decide bytes. */
export function stageEnvironment(from: NodeJS.ProcessEnv): Record<string, string> {
  const isPassedOn = (name: string) => PASSED_ON.test(name) || name === FAULT_VARIABLE;
  const passed = Object.entries(from).filter(([name, value]) => value !== undefined && isPassedOn(name));
  return { ...(Object.fromEntries(passed) as Record<string, string>), LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

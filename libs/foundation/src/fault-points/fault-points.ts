import { FAULT_VARIABLE, parseFault } from './fault.ts';

/**
 * Declares the named moments of a layer at which a test may end the process. The function that it returns is called at
 * each of them; it does nothing unless the environment asks for one of these names.
 *
 * @throws RetortError FAULT_NOT_UNDERSTOOD when the environment asks for something that no layer can have
 */
export function faultPoints<const Names extends readonly string[]>(names: Names): (name: Names[number]) => void {
  const fault = parseFault(process.env[FAULT_VARIABLE]);
  if (fault === undefined || !names.includes(fault.point)) return () => {};
  let passes = 0;
  return (name) => {
    if (name !== fault.point || ++passes !== fault.pass) return;
    process.kill(process.pid, fault.signal);
  };
}

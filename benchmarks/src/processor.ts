import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * Ties this process, and with it every process that it starts, to the last processor. When client,
 * peer and database wake each other across processors, a virtual machine charges the wake-ups to
 * them, and the cost of one and the same transaction varies tenfold with where the kernel puts them.
 */
export function stayOnOneProcessor(): void {
  const last = String(cpus().length - 1);
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', last, String(process.pid)]);
}

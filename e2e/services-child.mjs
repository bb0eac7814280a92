import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The process that holds the services of a test run; jest's setup starts it, its teardown ends it. */
let child;

export async function start() {
  const program = fileURLToPath(new URL('./src/services-program.ts', import.meta.url));
  child = spawn(process.execPath, ['--conditions=weir-source', program], {
    // Of its own process group: Ctrl-C ends jest, and the end of its pipe ends the services in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the services did not start (exit ${code})`);
  });
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const [line] = await Promise.race([ready, failed]);
  failed.catch(() => {});
  return line;
}

export async function stop() {
  if (child === undefined || child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin.end();
  await exit;
}

import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the condition holds; the test's own time limit bounds the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

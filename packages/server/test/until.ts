import { setTimeout as delay } from 'node:timers/promises';

/** Longer than anything here takes, and shorter than a test may: the test fails, and the loop ends. */
const GIVE_UP_MS = 40_000;

/** Resolves when the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it never came to be: ${condition}`);
    await delay(5);
  }
}

/** The same for a condition that takes time to find out. */
export async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it never came to be: ${condition}`);
    await delay(20);
  }
}

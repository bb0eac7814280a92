import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure, EXIT } from './command-failure.ts';
import { systemCode } from './system-error.ts';
import { makePrivateDirectory } from './token-store.ts';

/** Between two looks at a lock that another process holds, milliseconds. */
const LOOK_AGAIN_MS = 50;
/** After this long a lock belongs to a process that is gone; no renewal takes nearly as long. */
const ABANDONED_MS = 90_000;
/** How long to wait for another process, milliseconds. */
const PATIENCE_MS = 120_000;

/**
 * Lets one process at a time renew or store a token. Issuers take a refresh token once and end the sign-in
 * when it comes twice (RFC 9700 §4.14.2), as it would when several clients start together.
 */
export async function withTokenLock<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const lock = join(directory, 'tokens.lock');
  await makePrivateDirectory(directory);
  await acquire(lock, Date.now() + PATIENCE_MS);
  try {
    return await action();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Making a directory either succeeds for one process alone or fails. */
async function acquire(lock: string, deadline: number): Promise<void> {
  while (!(await isNew(lock))) {
    if (Date.now() > deadline) {
      const hint = `If no other weir is running, remove ${lock}`;
      throw new CommandFailure(EXIT.failed, 'Another weir is renewing the token', hint);
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { recursive: true, force: true });
    } else {
      await pause(LOOK_AGAIN_MS);
    }
  }
}

async function isNew(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const found = await stat(lock).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}

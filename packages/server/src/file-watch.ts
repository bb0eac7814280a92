import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How often the files are looked at. */
const LOOK_MS = 500;
/** How long a change is waited for to come to rest: files are written in several steps. */
const LONGEST_WAIT_MS = 2000;

/**
 * Calls `changed` when any of the files may have another content, once they are at rest or have not
 * come to rest for a while. It looks at them by their paths, because the system's own notices do not
 * tell of what lies behind a link, of a directory that was replaced, or of a network's file. At first it
 * calls once in any case, for the files may have changed before it began. Answers with what ends it.
 *
 * @param files their absolute paths, asked each time
 * @param failed called when it ends because `changed` threw
 */
export function watchFiles(
  files: () => Iterable<string>,
  changed: () => void,
  failed: (error: unknown) => void,
): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  look(files, changed, signal).catch((error: unknown) => {
    if (!signal.aborted) failed(error);
  });
  return () => ending.abort();
}

async function look(
  files: () => Iterable<string>,
  changed: () => void,
  signal: AbortSignal,
): Promise<never> {
  let read: string | undefined;
  let seen: string | undefined;
  let looks = 0;
  for (;;) {
    await delay(LOOK_MS, undefined, { ref: false, signal });
    const state = await stateOf(files());
    const rests = state === seen;
    seen = state;
    if (state === read) {
      looks = 0;
    } else if (rests || looks * LOOK_MS >= LONGEST_WAIT_MS) {
      read = state;
      looks = 0;
      signal.throwIfAborted();
      changed();
    } else {
      looks += 1;
    }
  }
}

/** Differs from an earlier one when a file was written, replaced, removed or linked elsewhere. */
async function stateOf(files: Iterable<string>): Promise<string> {
  return (await Promise.all(Array.from(files, stateOfFile))).join();
}

async function stateOfFile(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return 'cannot be read';
  }
}

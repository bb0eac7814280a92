import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Editors and volume mounts change a file in several steps; this long after the last one it is read. */
const SETTLED_MS = 200;
/** The link that Kubernetes swaps when a mounted configuration changes. */
const MOUNT_LINK = '..data';

/**
 * Calls `changed` when the file was written or replaced. It watches the directory, because a replaced
 * file is another file. Answers with what ends the watch.
 */
export function watchConfig(path: string, changed: () => void): () => void {
  const name = basename(path);
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(path), { persistent: false }, (_event, file) => {
    if (file !== null && file !== name && file !== MOUNT_LINK) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLED_MS);
  });
  // A watch that broke must not take the proxy down: SIGHUP still reloads.
  watcher.on('error', () => watcher.close());
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemUser } from './unprivileged-user.ts';

/** A server process and its directory, both of which end with this process, however it ends. */
export interface GuardedProcess {
  readonly pid: number;
  /** Whether the server has ended by itself. */
  ended(): boolean;
  /** The end of what the server wrote, at most 16 KiB. */
  logTail(): string;
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

/** What to run and where. */
export interface GuardedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The server's directory: its log is written there, and it is removed in the end. */
  readonly dir: string;
  readonly user: SystemUser | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** The signal that ends the server at once and takes its children along. */
  readonly signal: 'QUIT' | 'TERM';
}

/**
 * Standard input is a pipe that only this process holds, so its end is seen whether this process
 * exits, is interrupted or is killed. No exit handler could do that, and jest hides `process` from
 * tests anyway. The shell is the server's parent: a number it signals cannot be another process's.
 */
const GUARD = `
signal="$1"; dir="$2"; shift 2
exec 3<&0
"$@" </dev/null 3<&- >"$dir/log" 2>&1 &
server=$!
echo "$server"
( while read -r _ <&3; do :; done; kill -s "$signal" "$server" ) 2>/dev/null &
watcher=$!
wait "$server"
kill "$watcher" 2>/dev/null
trap '' PIPE
echo ended 2>/dev/null
while read -r _ <&3; do :; done
rm -rf "$dir"
`;

const LOG_TAIL = 16 * 1024;

/** Starts a server under a guard; see GuardedProcess. It need not be ready yet. */
export async function startGuarded(options: GuardedCommand): Promise<GuardedProcess> {
  const { command, args, dir, signal } = options;
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', signal, dir, command, ...args], {
    // A process group of its own: Ctrl-C in a terminal must not end the server before its clients.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
    env: options.env,
    ...options.user,
  });
  const [first] = await once(guard.stdout, 'data');
  const [pid, more] = String(first).split('\n');
  let ended = more === 'ended';
  guard.stdout.once('data', () => {
    ended = true;
  });
  guard.once('exit', () => {
    ended = true;
  });
  letGo(guard);
  return {
    pid: Number(pid),
    ended: () => ended,
    logTail: () => tailOf(join(dir, 'log')),
    stop: () => stop(guard),
  };
}

/** The guard and its pipes keep no event loop alive. */
function letGo(guard: ChildProcess): void {
  guard.unref();
  for (const pipe of [guard.stdin, guard.stdout]) {
    if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }
}

async function stop(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  guard.ref();
  const exit = once(guard, 'exit');
  guard.stdin?.end();
  await exit;
}

function tailOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-LOG_TAIL) : '';
}

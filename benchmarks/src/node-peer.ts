/** A peer that is a Node program of its own: one process, one thread of JavaScript. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { PeerSetting, RunningPeer } from './peer.ts';

/** What the program is told, as JSON in its first argument. */
interface ProgramOptions {
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Sessions that clients will hold at once, at most. */
  readonly sessions: number;
  /** PEM texts; absent when clients do not use TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/**
 * Starts the program and waits for the line on which it says its port. The program ends when its
 * standard input does, so it outlives nobody.
 */
export async function startNodePeer(file: string, setting: PeerSetting): Promise<RunningPeer> {
  const { host, port, user, database } = setting.database;
  const { cert, key } = setting.certificates;
  const options: ProgramOptions = {
    database: { host, port, user, database },
    sessions: setting.sessions,
    ...(setting.tls && { tls: { cert, key } }),
  };
  const words = ['--conditions=weir-source', file, JSON.stringify(options)];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const said = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  const { pid } = child;
  if (said === undefined || pid === undefined) throw new Error(`${file} did not start`);
  return {
    address: {
      ...setting.database,
      host: '127.0.0.1',
      port: Number(said[0]),
      tls: setting.tls,
    },
    pid,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** For the program's side: its options, and its end when its parent is gone. */
export function programOptions(): ProgramOptions {
  process.stdin.resume().once('end', () => process.exit(0));
  const options: ProgramOptions = JSON.parse(process.argv[2] ?? '');
  return options;
}

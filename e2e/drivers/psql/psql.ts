import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What psql wrote and how it ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** A psql process; it connects as its environment says, prints bare rows, and says SQLSTATEs. */
export function startPsql(args: readonly string[]) {
  const quiet = ['-X', '-q', '-A', '-t', '-F', '|', '-v', 'VERBOSITY=sqlstate'];
  return spawn('psql', [...quiet, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs psql to its end on a script. */
export async function psql(script: string, args: readonly string[] = []): Promise<Ended> {
  return collect(startPsql(args), script);
}

/** Gives a psql its script and waits for its end. */
export async function collect(child: ReturnType<typeof startPsql>, script: string): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.end(script);
  const [code] = await once(child, 'close');
  return { ...output, code };
}

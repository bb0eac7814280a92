import { execFile } from 'node:child_process';
import { type Connection, connectionEnvironment } from './connection.ts';

/** How a command ended and what it wrote. */
interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool that hangs is ended after this long, milliseconds. */
const RUN_LIMIT = 60_000;
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/** Runs one of PostgreSQL's own tools with this connection in its environment, to its end. */
export function runTool(
  connection: Connection,
  command: string,
  args: readonly string[],
): Promise<Ended> {
  const options = {
    env: { ...process.env, ...connectionEnvironment(connection) },
    timeout: RUN_LIMIT,
    maxBuffer: OUTPUT_LIMIT,
  };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? error.message);
      resolve({ code, stdout, stderr });
    });
  });
}

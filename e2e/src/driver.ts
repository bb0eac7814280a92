import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type CheckName, isCheckName } from './checks.ts';
import { type Connection, connectionEnvironment } from './connection.ts';

/** A driver's program, ready to run. The names of the checks are appended to its arguments. */
export interface DriverProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** What a driver's program said about one check. */
export interface Report {
  readonly name: CheckName;
  readonly ok: boolean;
  readonly detail: string;
}

/** A driver's program that hangs is ended after this long, milliseconds. */
const RUN_LIMIT = 240_000;
const STDERR_TAIL = 4000;

/** Runs a driver's program against a server; a check that it did not report is reported as failed. */
export async function runDriver(
  program: DriverProgram,
  connection: Connection,
  checks: readonly CheckName[],
): Promise<ReadonlyMap<CheckName, Report>> {
  const child = spawn(program.command, [...program.args, ...checks], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...connectionEnvironment(connection) },
    timeout: RUN_LIMIT,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  const reports = new Map<CheckName, Report>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = parseReport(line);
    if (report === undefined) stderr += `\nnot a report: ${line}`;
    else reports.set(report.name, report);
  });
  const [code, signal] = await once(child, 'close');
  for (const name of checks.filter((check) => !reports.has(check))) {
    const detail = `not reported; the program ended with ${code ?? signal}\n${stderr}`;
    reports.set(name, { name, ok: false, detail });
  }
  return reports;
}

function parseReport(line: string): Report | undefined {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, ok, detail } = { name: undefined, ok: undefined, detail: undefined, ...value };
  if (typeof name !== 'string' || !isCheckName(name)) return undefined;
  return { name, ok: ok === true, detail: String(detail) };
}

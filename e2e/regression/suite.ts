/** Runs PostgreSQL's own test programs against one endpoint and reads what they say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientEnvironment, type Endpoint } from './endpoint.ts';
import { SUBSET, type SuiteName } from './schedules.ts';
import { type Account, giveFolder } from './server-account.ts';
import { SERVER_HOME, type ServerSource } from './server-source.ts';

/** A hang is a finding, too: the tests that did not report by then count as not passed. */
const SUITE_MS = 10 * 60_000;
/** More psql at once than this gains nothing and can run into `max_connections`. */
const CONCURRENT_TESTS = 20;

const PROGRAMS = {
  regress: {
    file: 'regress/pg_regress',
    schedule: 'parallel_schedule',
    database: 'regression',
  },
  isolation: {
    file: 'isolation/pg_isolation_regress',
    schedule: 'isolation_schedule',
    database: 'isolation_regression',
  },
} as const;

/** `     boolean                      ... ok           65 ms`, or `test boolean … FAILED`. */
const RESULT_LINE = /^(?:test)?\s+(\S+)\s+\.\.\. (ok|FAILED|failed)\b/gm;

interface SuiteRun {
  readonly suite: SuiteName;
  readonly source: ServerSource;
  readonly endpoint: Endpoint;
  readonly subset: boolean;
  /** A new folder for the copy of the tests and for what they write. */
  readonly folder: string;
  readonly account: Account | undefined;
}

export interface SuiteOutcome {
  readonly passed: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  /** Everything that the program printed, for when nothing else explains a result. */
  readonly output: string;
  readonly seconds: number;
}

/** Runs one suite to its end. Failed tests are a value; only a program that cannot start throws. */
export async function runSuite(run: SuiteRun): Promise<SuiteOutcome> {
  const program = PROGRAMS[run.suite];
  const folders = await layOut(run);
  const started = Date.now();
  const output = await runProgram(run, [
    `--bindir=${join(SERVER_HOME, 'bin')}`,
    `--host=${run.endpoint.host}`,
    `--port=${run.endpoint.port}`,
    `--user=${run.endpoint.user}`,
    '--use-existing',
    `--dbname=${program.database}`,
    `--inputdir=${folders.input}`,
    `--outputdir=${folders.output}`,
    `--dlpath=${folders.libraries}`,
    `--schedule=${folders.schedule}`,
    `--max-concurrent-tests=${CONCURRENT_TESTS}`,
  ]);
  const results = [...output.matchAll(RESULT_LINE)];
  const named = (ok: boolean) =>
    new Set(results.filter((line) => (line[2] === 'ok') === ok).map((line) => line[1] ?? ''));
  return {
    passed: named(true),
    failed: named(false),
    output,
    seconds: (Date.now() - started) / 1000,
  };
}

/** The server itself reads the tests' files, so they move to where its account may. */
async function layOut(run: SuiteRun) {
  const folders = {
    input: join(run.folder, 'tests'),
    libraries: join(run.folder, 'libraries'),
    output: join(run.folder, 'output'),
    schedule: join(run.folder, 'schedule'),
  };
  await mkdir(folders.output, { recursive: true });
  await giveFolder(run.folder, run.account);
  await giveFolder(folders.output, run.account);
  await cp(run.source[run.suite], folders.input, { recursive: true });
  await cp(run.source.libraries, folders.libraries, { recursive: true });
  if (run.subset) await writeFile(folders.schedule, SUBSET[run.suite]);
  else await cp(join(folders.input, PROGRAMS[run.suite].schedule), folders.schedule);
  return folders;
}

async function runProgram(run: SuiteRun, words: readonly string[]): Promise<string> {
  const file = join(SERVER_HOME, 'lib/pgxs/src/test', PROGRAMS[run.suite].file);
  const child = spawn('timeout', ['--kill-after=5', String(SUITE_MS / 1000), file, ...words], {
    ...run.account,
    cwd: run.folder,
    env: clientEnvironment(run.endpoint),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child, 'close');
  return output;
}

/**
 * Runs PostgreSQL's regression and isolation suites directly and through a proxy, and fails when a
 * test that passes directly does not pass through it.
 *
 *   node run.ts [--subset] [--through NAME | --at HOST:PORT --user USER [--sslmode MODE]]
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DOORS, type OpenDoor } from './doors.ts';
import type { Endpoint } from './endpoint.ts';
import type { SuiteName } from './schedules.ts';
import { type Account, giveFolder, serverAccount } from './server-account.ts';
import { type ServerSource, serverSource } from './server-source.ts';
import { runSuite, type SuiteOutcome } from './suite.ts';
import { startTestedServer } from './tested-server.ts';

const SUITES: readonly SuiteName[] = ['regress', 'isolation'];
const RESULTS = resolve(import.meta.dirname, '../../.cache/regression-results');

interface Plan {
  readonly subset: boolean;
  /** What the tests run through, in the report's words. */
  readonly name: string;
  readonly through: OpenDoor | Endpoint;
}

interface Place {
  readonly source: ServerSource;
  readonly account: Account | undefined;
  readonly folder: string;
}

type Outcomes = ReadonlyMap<SuiteName, SuiteOutcome>;

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      subset: { type: 'boolean', default: false },
      through: { type: 'string', default: 'relay' },
      at: { type: 'string' },
      user: { type: 'string' },
      sslmode: { type: 'string', default: 'require' },
    },
  });
  if (values.at !== undefined) {
    const { hostname, port } = new URL(`tcp://${values.at}`);
    const { user, sslmode } = values;
    const password = process.env['PGPASSWORD'];
    if (user === undefined || password === undefined || port === '')
      throw new Error('--at takes HOST:PORT and needs --user and PGPASSWORD');
    if (sslmode !== 'require' && sslmode !== 'disable')
      throw new Error('--sslmode is require or disable');
    const through = { host: hostname, port: Number(port), user, password, sslmode } as const;
    return { subset: values.subset, name: values.at, through };
  }
  const door = DOORS.get(values.through);
  if (door === undefined) throw new Error(`--through is one of: ${[...DOORS.keys()].join(', ')}`);
  return { subset: values.subset, name: values.through, through: door };
}

async function runDirect(place: Place, subset: boolean): Promise<Outcomes> {
  const server = await startTestedServer();
  try {
    return await runSuites('direct', place, server.endpoint, subset);
  } finally {
    await server.stop();
  }
}

/** A server of its own again: the suites leave roles behind that would fail a second run. */
async function runThrough(place: Place, plan: Plan): Promise<Outcomes> {
  if (typeof plan.through !== 'function')
    return runSuites(plan.name, place, plan.through, plan.subset);
  const server = await startTestedServer();
  try {
    const door = await plan.through(server.endpoint);
    try {
      return await runSuites(plan.name, place, door.endpoint, plan.subset);
    } finally {
      await door.stop();
    }
  } finally {
    await server.stop();
  }
}

async function runSuites(name: string, place: Place, endpoint: Endpoint, subset: boolean) {
  const outcomes = new Map<SuiteName, SuiteOutcome>();
  for (const suite of SUITES) {
    const folder = join(place.folder, `${name}-${suite}`);
    const outcome = await runSuite({ ...place, suite, endpoint, subset, folder });
    await keepResults(join(RESULTS, name, suite), folder, outcome);
    const counts = `${outcome.passed.size} passed, ${outcome.failed.size} failed`;
    console.log(`${suite} ${name}: ${counts} in ${outcome.seconds.toFixed(0)} s`);
    outcomes.set(suite, outcome);
  }
  return outcomes;
}

async function keepResults(kept: string, folder: string, outcome: SuiteOutcome): Promise<void> {
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept, { recursive: true });
  await writeFile(join(kept, 'output.txt'), outcome.output);
  await cp(join(folder, 'output'), kept, { recursive: true });
}

/** Prints what a test lost on the way, and says whether all that passes directly passed. */
function compare(direct: Outcomes, through: Outcomes, name: string): boolean {
  let same = true;
  for (const suite of SUITES) {
    const expected = direct.get(suite);
    if (expected === undefined || expected.passed.size === 0) {
      console.error(`${suite}: nothing passes directly; see ${join(RESULTS, 'direct', suite)}`);
      same = false;
      continue;
    }
    if (expected.failed.size > 0)
      console.log(`${suite}: also fails directly: ${[...expected.failed].join(' ')}`);
    const lost = [...expected.passed].filter((test) => !through.get(suite)?.passed.has(test));
    if (lost.length === 0) continue;
    same = false;
    console.error(
      `${suite}: ${lost.length} pass directly but not through ${name}: ${lost.join(' ')}`,
    );
    console.error(`  see ${join(RESULTS, name, suite, 'regression.diffs')}`);
  }
  return same;
}

const plan = readPlan();
const source = await serverSource();
const account = serverAccount();
const folder = await mkdtemp(join(tmpdir(), 'weir-regression-'));
try {
  await giveFolder(folder, account);
  const place = { source, account, folder };
  const direct = await runDirect(place, plan.subset);
  const through = await runThrough(place, plan);
  const same = compare(direct, through, plan.name);
  if (same) console.log(`All that passes directly passes through ${plan.name}.`);
  process.exitCode = same ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

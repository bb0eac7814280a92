/**
 * Runs PostgreSQL's regression and isolation suites directly and through a proxy, and fails when a
 * test that passes directly does not pass through it and is not meant to fail.
 *
 *   node run.ts [--subset] [--through NAME | --at HOST:PORT --user USER [--sslmode MODE]]
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { betterOf, type Comparison, compare, MEANT_TO_FAIL } from './comparison.ts';
import { type OpenDoor, openRelay } from './doors.ts';
import type { Endpoint } from './endpoint.ts';
import type { SuiteName } from './schedules.ts';
import { type Account, giveFolder, serverAccount } from './server-account.ts';
import { type ServerSource, serverSource } from './server-source.ts';
import { runSuite, type SuiteOutcome } from './suite.ts';
import { startTestedServer } from './tested-server.ts';
import { openWeir } from './weir-door.ts';

const SUITES: readonly SuiteName[] = ['regress', 'isolation'];
const RESULTS = resolve(import.meta.dirname, '../../.cache/regression-results');

const DOORS: ReadonlyMap<string, OpenDoor> = new Map([
  ['weir', openWeir],
  ['relay', openRelay],
]);

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
      through: { type: 'string', default: 'weir' },
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
  await rm(join(RESULTS, plan.name), { recursive: true, force: true });
  await mkdir(join(RESULTS, plan.name), { recursive: true });
  const server = await startTestedServer();
  try {
    const door = await plan.through(server.endpoint, join(RESULTS, plan.name, 'door'));
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

/** What the way through lost, by suite. A byte relay decides nothing: it has nothing to refuse. */
function compareAll(direct: Outcomes, through: Outcomes, plan: Plan) {
  const comparisons = new Map<SuiteName, Comparison>();
  for (const suite of SUITES) {
    const [one, other] = [direct.get(suite), through.get(suite)];
    if (one === undefined || other === undefined || one.passed.size === 0)
      throw new Error(`nothing passes directly; see ${join(RESULTS, 'direct', suite)}`);
    const meant = plan.name === 'relay' ? new Map<string, string>() : MEANT_TO_FAIL[suite];
    comparisons.set(suite, compare(one, other, meant));
  }
  return comparisons;
}

/** Isolation tests watch when notices come in; on a busy machine one may come too late. */
async function repeatWhatIsLost(place: Place, plan: Plan, direct: Outcomes, first: Outcomes) {
  const comparisons = compareAll(direct, first, plan);
  const lost = [...comparisons.values()].flatMap((comparison) => comparison.lost);
  if (lost.length === 0 || typeof plan.through !== 'function') return first;
  console.error(`lost once, so all of it runs again: ${lost.join(' ')}`);
  const second = await runThrough({ ...place, folder: join(place.folder, 'again') }, plan);
  return new Map(
    SUITES.flatMap((suite) => {
      const [one, other] = [first.get(suite), second.get(suite)];
      return one === undefined || other === undefined ? [] : [[suite, betterOf(one, other)]];
    }),
  );
}

/** Prints how the runs differ, and says whether they differ as they should. */
function report(comparisons: ReadonlyMap<SuiteName, Comparison>, plan: Plan): boolean {
  let same = true;
  for (const [suite, { lost, unexpected, failedDirectly }] of comparisons) {
    const say = (tests: readonly string[], what: string) => {
      if (tests.length > 0) console.error(`${suite}: ${what}: ${tests.join(' ')}`);
    };
    say(failedDirectly, 'fail directly already');
    say(lost, `pass directly but not through ${plan.name}`);
    say(unexpected, 'pass, though listed as meant to fail');
    if (lost.length > 0)
      console.error(`  see ${join(RESULTS, plan.name, suite, 'regression.diffs')}`);
    if (lost.length + unexpected.length > 0) same = false;
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
  const first = await runThrough(place, plan);
  const through = await repeatWhatIsLost(place, plan, direct, first);
  const same = report(compareAll(direct, through, plan), plan);
  if (same)
    console.log(`What passes directly passes through ${plan.name}, but for what is meant to fail.`);
  process.exitCode = same ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

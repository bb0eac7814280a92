import { writeFile } from 'node:fs/promises';
import type { EngineEvent } from '@weir/contract';
import pg from 'pg';
import { HOST, type Scene, TARGET } from './scene.ts';

/** One step: what it shows, and a check of what came out. */
interface Step {
  readonly title: string;
  /** Answers with what was seen; throws when the step did not do what its title says. */
  play(): Promise<readonly string[]>;
}

/** Plays the scene by itself. True when every step did what it says. */
export async function playTour(scene: Scene, tell: (line: string) => void): Promise<boolean> {
  const seen: EngineEvent[] = [];
  const subscription = scene.weir.events.subscribe((event) => seen.push(event));
  let passed = true;
  for (const [index, step] of makeSteps(scene, seen).entries()) {
    tell(`\n${index + 1}. ${step.title}`);
    try {
      for (const line of await step.play()) tell(`   ${line}`);
      tell('   ✓');
    } catch (error) {
      passed = false;
      tell(`   ✗ ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
  subscription.unsubscribe();
  tell(passed ? '\nEvery step did what it says.' : '\nA step did not do what it says.');
  return passed;
}

function makeSteps(scene: Scene, seen: readonly EngineEvent[]): readonly Step[] {
  return [
    {
      title: 'An engineer logs in with her company token and reads, with a stock client over TLS',
      play: () => engineerReads(scene),
    },
    {
      title: 'Nobody gets in without a good token',
      play: () => badTokens(scene),
    },
    {
      title: 'A person without a rule cannot even learn that the target exists',
      play: () => hiddenTarget(scene),
    },
    {
      title: 'An agent works under its own name, and loses its access at the next statement',
      play: () => agentRevoked(scene),
    },
    {
      title: 'Weir saw every session and every statement, each with exactly one end',
      play: async () => eventsComplete(seen),
    },
  ];
}

async function engineerReads(scene: Scene): Promise<readonly string[]> {
  return session(scene, 'ana@acme.com', await scene.issuer.tokenFor('ana'), async (client) => {
    const { rows } = await client.query(
      'SELECT u.name, count(*)::int AS orders FROM users u JOIN orders o ON o.user_id = u.id' +
        ' WHERE o.total > $1 GROUP BY u.name ORDER BY u.name',
      [100],
    );
    expect(rows.length === 3, 'three customers were expected');
    return rows.map((row) => `${row.name}: ${row.orders} orders above 100`);
  });
}

async function badTokens(scene: Scene): Promise<readonly string[]> {
  const { issuer } = scene;
  const cases: readonly (readonly [string, string])[] = [
    ['no token at all', 'secret'],
    ['an expired token', await issuer.tokenFor('ana', { expiresIn: -3600 })],
    ['a token for another service', await issuer.tokenFor('ana', { audience: 'payroll' })],
    ["somebody else's token", await issuer.tokenFor('omar')],
  ];
  const lines: string[] = [];
  for (const [what, token] of cases) {
    lines.push(`${what}: ${await refusal(scene, 'ana@acme.com', token, '28P01')}`);
  }
  return lines;
}

async function hiddenTarget(scene: Scene): Promise<readonly string[]> {
  const token = await scene.issuer.tokenFor('vera');
  const forbidden = await refusal(scene, 'vera@acme.com', token, '3D000');
  const unknown = await refusal(scene, 'vera@acme.com', token, '3D000', 'no-such-target');
  expect(forbidden === unknown, 'both must read the same');
  return [`${TARGET}: ${forbidden}`, `no-such-target: ${unknown}`];
}

async function agentRevoked(scene: Scene): Promise<readonly string[]> {
  const { agent, tokenFor } = scene.issuer;
  const token = await tokenFor(agent.clientId);
  return session(scene, agent.clientId, token, async (client) => {
    const { rows } = await client.query('SELECT count(*)::int AS users FROM users');
    await writeFile(scene.configPath, scene.config({ agents: false }));
    expect(scene.weir.reload().length === 0, 'the new policy must be valid');
    const code = await codeOf(client.query('SELECT ssn FROM users'));
    expect(code === '57P01', `the statement after the reload must be refused, got ${code}`);
    return [`read: ${rows[0]?.users} users`, `after the policy change: refused (${code})`];
  });
}

function eventsComplete(seen: readonly EngineEvent[]): readonly string[] {
  const count = (type: EngineEvent['type']) => seen.filter((event) => event.type === type).length;
  const submitted = count('statement.submitted');
  const ended = count('result.completed') + count('result.failed');
  expect(submitted > 0 && submitted === ended, `${submitted} statements, ${ended} ends`);
  expect(count('session.refused') === 6, 'six logins were refused');
  const lines: string[] = [];
  for (const event of seen) {
    if (event.type !== 'result.completed') continue;
    const { session, completion } = event;
    lines.push(`${session.principal.name} (${session.principal.kind}): ${completion.tag}`);
  }
  return [...lines, `${submitted} statements, ${ended} ends, ${count('session.refused')} refusals`];
}

async function session<T>(
  scene: Scene,
  user: string,
  password: string,
  work: (client: pg.Client) => Promise<T>,
  database = TARGET,
): Promise<T> {
  const client = new pg.Client({
    host: HOST,
    port: scene.port,
    user,
    password,
    database,
    ssl: { ca: scene.certificates.ca },
  });
  // The proxy may end the session; what a step awaits then fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function refusal(
  scene: Scene,
  user: string,
  token: string,
  expected: string,
  database = TARGET,
): Promise<string> {
  try {
    await session(scene, user, token, async () => undefined, database);
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    expect(code === expected, `expected ${expected}, got ${code}`);
    return `${message} (${code})`;
  }
  throw new Error('the login went through');
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return 'no error';
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? '') : 'connection lost';
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

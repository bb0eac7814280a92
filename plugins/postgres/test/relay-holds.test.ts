import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ALLOW, type Denial, type Verdict } from '@weir/contract';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { describeAnswers } from './denial-cases.ts';
import { B, E, H, P, Q, S } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { describeEvents } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

const DENY: Denial = { allow: false, code: 'forbidden', message: 'not for you' };
const held = 'NOTIFY held';
const failing = 'EXECUTE nobody_made_this';
const run = (text: string) => [P(text), B({}), E()];

/** What is sent at once; each statement `NOTIFY held` waits for its verdict, in order. */
interface HoldCase {
  readonly name: string;
  readonly ready: number;
  readonly send: (held: readonly string[]) => readonly Uint8Array[];
  readonly verdicts: readonly Verdict[];
}

const CASES: readonly HoldCase[] = [
  { name: 'a query', ready: 1, send: ([a = '']) => [Q(a)], verdicts: [ALLOW] },
  { name: 'a query that is denied', ready: 1, send: ([a = '']) => [Q(a)], verdicts: [DENY] },
  {
    name: 'a query with more behind it',
    ready: 3,
    send: ([a = '']) => [Q('SELECT 1'), Q(a), ...run('SELECT 2'), S],
    verdicts: [ALLOW],
  },
  {
    name: 'a denied query with more behind it',
    ready: 3,
    send: ([a = '']) => [Q('SELECT 1'), Q(a), ...run('SELECT 2'), S],
    verdicts: [DENY],
  },
  {
    name: 'two statements of one string',
    ready: 2,
    send: ([a = '', b = '']) => [Q(`${a}; SELECT 1; ${b}; SELECT 2`), Q('SELECT 3')],
    verdicts: [ALLOW, ALLOW],
  },
  {
    name: 'two statements of one string, of which the second is denied',
    ready: 2,
    send: ([a = '', b = '']) => [Q(`${a}; SELECT 1; ${b}; SELECT 2`), Q('SELECT 3')],
    verdicts: [ALLOW, DENY],
  },
  {
    name: 'an Execute of a pipeline',
    ready: 3,
    send: ([a = '']) => [...run('SELECT 1'), S, ...run(a), ...run('SELECT 2'), S, Q('SELECT 3')],
    verdicts: [ALLOW],
  },
  {
    name: 'a denied Execute of a pipeline',
    ready: 3,
    send: ([a = '']) => [...run('SELECT 1'), S, ...run(a), ...run('SELECT 2'), S, Q('SELECT 3')],
    verdicts: [DENY],
  },
  {
    name: 'two in a row in a transaction',
    ready: 3,
    send: ([a = '', b = '']) => [Q('BEGIN'), ...run(a), ...run(b), S, Q('ROLLBACK')],
    verdicts: [ALLOW, DENY],
  },
  {
    name: 'a big rest behind a hold',
    ready: 2,
    send: ([a = '']) => [Q(a), Q(`SELECT length('${'x'.repeat(300_000)}')`)],
    verdicts: [ALLOW],
  },
];

let server: PostgresServer;
let pump: RelayPump;
let client: RawFrontend;

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
  pump = await startRelayPump(server.port, {
    decide: ({ text }) => (text === held ? 'hold' : ALLOW),
  });
}, 60_000);

afterAll(async () => {
  await pump.close();
  await server.stop();
});

async function login(port: number): Promise<RawFrontend> {
  const { user, database } = server;
  return (await RawFrontend.login({ port, user, database })).frontend;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

async function release(verdict: Verdict): Promise<void> {
  await until(() => pump.session.held.length > 0);
  pump.session.release(verdict);
}

beforeEach(async () => {
  client = await login(pump.port);
});

afterEach(() => {
  client.close();
});

describe('a held statement', () => {
  it.each(CASES)('goes on with all that waits behind it: $name', async (each) => {
    const direct = await login(server.port);
    // Directly, a statement that fails stands where one is denied.
    const texts = each.verdicts.map(({ allow }) => (allow ? held : failing));
    direct.send(...each.send(texts));
    const expected = describeAnswers(await direct.until('Z', each.ready));
    direct.close();
    client.send(...each.send(each.verdicts.map(() => held)));
    for (const verdict of each.verdicts) await release(verdict);
    expect(describeAnswers(await client.until('Z', each.ready))).toEqual(expected);
    expect(pump.session.unfinished).toEqual([]);
    expect(pump.session.violation).toBeUndefined();
  });

  it('ends as skipped when its batch fails meanwhile, and decides nothing else', async () => {
    client.send(...run('SELECT 1/0'), H, ...run(held), S);
    await client.until('E');
    await until(() => pump.session.held.length > 0);
    await release(ALLOW);
    await client.until('Z');
    client.send(...run(failing), S);
    await client.until('Z');
    expect(describeEvents(pump.session.events).filter((line) => /^\d/.test(line))).toEqual([
      '1 prepared: SELECT 1/0',
      '2 prepared: NOTIFY held',
      '1 failed: database 22012',
      '2 failed: skipped',
      '3 prepared: EXECUTE nobody_made_this',
      '3 failed: database 26000',
    ]);
  });

  it('ends with its connection', async () => {
    client.send(Q(`SELECT 1; ${held}`));
    await until(() => pump.session.held.length > 0);
    client.close();
    await until(() => pump.session.unfinished.length === 0);
    expect(describeEvents(pump.session.events).slice(-2)).toEqual([
      '1 failed: connection',
      '2 failed: connection',
    ]);
  });

  it('does not run when the settings make its string read otherwise meanwhile', async () => {
    client.send(Q(`SELECT '\\'; ${held}; -- '`));
    await until(() => pump.session.held.length > 0);
    // As the server says it when its configuration is read again.
    pump.session.relay.fromDatabase(Buffer.from('S\0\0\0\x24standard_conforming_strings\0off\0'));
    await release(ALLOW);
    expect(pump.session.violation?.message).toBe('the settings changed meanwhile');
    expect(describeEvents(pump.session.events)).not.toContain('2 done NOTIFY');
  });
});

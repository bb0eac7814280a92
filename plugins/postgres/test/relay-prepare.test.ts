import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Verdict } from '@weir/contract';
import { ALLOW } from '@weir/contract';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { B, D, E, P, Q, S } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { denyMatching } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

const SECRET = "SELECT 'secret'";
const denySecret = denyMatching(/secret/);

let server: PostgresServer;
let pump: RelayPump;
let client: RawFrontend;
let decidePrepared: (text: string) => Verdict | 'hold';

/** The policy of the tests: it denies by text alone, also what is prepared. */
const denyText = (text: string): Verdict => denySecret({ seq: 0, text, source: 'prepared' });

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
}, 60_000);

afterAll(() => server.stop());

beforeEach(async () => {
  decidePrepared = denyText;
  pump = await startRelayPump(server.port, {
    decide: denySecret,
    decidePrepared: (text) => decidePrepared(text),
  });
  const { user, database } = server;
  client = (await RawFrontend.login({ port: pump.port, user, database })).frontend;
});

afterEach(async () => {
  client.close();
  await pump.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

/** Sends and waits for `ready` ReadyForQuery: the types of the answers, with status, SQLSTATE and values. */
async function answers(ready: number, ...messages: readonly Buffer[]): Promise<string[]> {
  client.send(...messages);
  return (await client.until('Z', ready)).map(({ type, body }) => {
    if (type === 'Z') return `Z ${body.toString()}`;
    if (type === 'D') return `D ${body.toString('latin1', 6)}`;
    return type === 'E' ? `E ${/\0C(.{5})/.exec(body.toString('latin1'))?.[1]}` : type;
  });
}

describe('Parse', () => {
  it('of a denied text fails as a Parse does, and the batch with it', async () => {
    expect(await answers(1, P(SECRET), B({}), E(), S)).toEqual(['E 42501', 'Z I']);
    expect(await answers(1, Q('SELECT 1'))).toEqual(['T', 'D 1', 'C', 'Z I']);
    expect(pump.session.unfinished).toEqual([]);
  });

  it('fails its transaction', async () => {
    await answers(1, Q('BEGIN'));
    expect(await answers(1, P(SECRET, 's'), S)).toEqual(['E 42501', 'Z E']);
  });

  it('of an allowed text is told as nothing: what is told is the run', async () => {
    await answers(1, P('SELECT 1', 's'), D('S', 's'), S);
    expect(pump.session.events.filter(({ type }) => type === 'submit')).toEqual([]);
    await answers(1, B({ statement: 's' }), E(), S);
    expect(pump.session.events.filter(({ type }) => type === 'submit')).toHaveLength(1);
  });

  it.each([
    [
      'EXECUTE',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('EXECUTE s')],
      ],
    ],
    [
      'EXPLAIN ANALYZE EXECUTE',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('EXPLAIN ANALYZE EXECUTE s')],
      ],
    ],
    [
      'CREATE TABLE AS EXECUTE',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('CREATE TABLE t AS EXECUTE s')],
      ],
    ],
    [
      'FETCH',
      [
        [1, Q('BEGIN')],
        [1, P(SECRET, 's'), B({ statement: 's', portal: 'p' }), S],
        [1, Q('FETCH ALL FROM p')],
      ],
    ],
    [
      'a name that SQL seems to take',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('PREPARE/**/x AS SELECT 1')],
        [1, B({ statement: 's' }), E(), S],
      ],
    ],
    [
      'a name that SQL fails to take',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('PREPARE s AS SELECT 1')],
        [1, B({ statement: 's' }), E(), S],
      ],
    ],
    [
      'a name that a failing string does not give back',
      [
        [1, P(SECRET, 's'), S],
        [1, Q('SELECT 1/0; DEALLOCATE ALL')],
        [1, B({ statement: 's' }), E(), S],
      ],
    ],
  ] as const)('keeps a denied text from running by %s', async (_way, parts) => {
    const seen: string[] = [];
    for (const [ready, ...messages] of parts) seen.push(...(await answers(ready, ...messages)));
    expect(seen).toContain('E 42501');
    expect(seen.filter((answer) => answer.includes('secret'))).toEqual([]);
  });

  it('that is held goes on when it is decided, with what came behind it', async () => {
    decidePrepared = () => 'hold';
    client.send(P('SELECT 7'), B({}), E(), S);
    await until(() => pump.session.held.length > 0);
    pump.session.release(ALLOW);
    const types = (await client.until('Z')).map(({ type }) => type);
    expect(types).toEqual(['1', '2', 'D', 'C', 'Z']);
  });

  it('that is held and then denied fails', async () => {
    decidePrepared = () => 'hold';
    client.send(P('SELECT 7'), B({}), E(), S);
    await until(() => pump.session.held.length > 0);
    pump.session.release(denyText('secret'));
    expect((await client.until('Z')).map(({ type }) => type)).toEqual(['E', 'Z']);
  });
});

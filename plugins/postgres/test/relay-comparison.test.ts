import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALLOW, type Denial, type Verdict } from '@weir/contract';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import fc from 'fast-check';
import { B, C, c, D, d, E, f, H, P, Q, S } from './frontend-messages.ts';
import { FUZZ_PATIENCE, fuzzSearch } from './fuzz-search.ts';
import { type BackendMessage, RawFrontend } from './raw-frontend.ts';
import { REFUSING_TABLE } from './refusing-table.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

/**
 * Sends the same messages, drawn at random, through a relay and to the real server, and expects the
 * same answers. fast-check prints the seed of a difference; the server's own pace is not in it.
 */
const PROPERTIES = 2;
/** Answers that do not come are a failure, too. */
const SEARCH = { ...fuzzSearch(PROPERTIES), timeout: 10_000, endOnFailure: true };

/** What fails at the server by itself where the policy denies it: when it is run, or parsed. */
const FAILS = 'EXECUTE nobody_made_this';
const NO_SYNTAX = 'SYNTAX';

const names = fc.constantFrom('', 'a', 'b');
const portals = fc.constantFrom('', 'a', 'b', 'cur');
const texts = fc.constantFrom(
  ...[
    '',
    '/* nothing */',
    'SELECT 1',
    'SELECT 1;',
    'SELECT generate_series(1, 7)',
    'SELECT 1/0',
    FAILS,
  ],
  ...['VALUES (1), (2)', 'INSERT INTO t VALUES (1)', "DO $$BEGIN RAISE NOTICE 'x'; END$$"],
  ...['BEGIN', 'BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT x', 'ROLLBACK TO x'],
  ...['COPY t FROM STDIN', 'COPY t FROM STDIN', 'COPY (VALUES (1), (2)) TO STDOUT'],
  // This one fails behind CopyInResponse, before it reads.
  'COPY refusing FROM STDIN',
  ...['DECLARE cur CURSOR FOR SELECT generate_series(1, 9)', 'FETCH 2 FROM cur', 'CLOSE cur'],
  ...['CLOSE ALL', 'PREPARE a AS SELECT 42', 'EXECUTE a', 'DEALLOCATE a', 'DEALLOCATE ALL'],
);
const prepared = fc.oneof({ weight: 4, arbitrary: texts }, fc.constant(NO_SYNTAX));
const queries = fc.array(texts, { minLength: 1, maxLength: 4 }).map((all) => Q(all.join(' ; ')));
const kinds = fc.constantFrom<'S' | 'P'>('S', 'P');
const copied = fc.constantFrom(d('1\n'), d('2\n3\n'), d('x\n'), d('4'), d(''));

const run = fc
  .tuple(prepared, names)
  .map(([text, name]) => [P(text, name), B({ statement: name })]);
const messages = fc.oneof(
  { weight: 5, arbitrary: queries.map((query) => [query]) },
  { weight: 3, arbitrary: run },
  { weight: 3, arbitrary: fc.tuple(prepared, names).map(([text, name]) => [P(text, name)]) },
  {
    weight: 3,
    arbitrary: fc.tuple(names, names).map(([portal, statement]) => [B({ portal, statement })]),
  },
  {
    weight: 9,
    arbitrary: fc
      .tuple(portals, fc.constantFrom(0, 0, 1, 3))
      .map(([name, rows]) => [E(name, rows)]),
  },
  { weight: 3, arbitrary: fc.tuple(kinds, portals).map(([kind, name]) => [D(kind, name)]) },
  { weight: 2, arbitrary: fc.tuple(kinds, portals).map(([kind, name]) => [C(kind, name)]) },
  { weight: 6, arbitrary: fc.constant([S]) },
  { weight: 2, arbitrary: fc.constant([H]) },
  { weight: 5, arbitrary: copied.map((data) => [data]) },
  { weight: 3, arbitrary: fc.constantFrom([c], [c], [f]) },
);

/** What is sent, and how: at once, or in pieces with a pause behind each. */
const scripts = fc.record({
  sent: fc.array(messages, { minLength: 2, maxLength: 16 }).map((all) => all.flat()),
  piece: fc.constantFrom(Number.POSITIVE_INFINITY, 20, 7),
});
type Script = typeof scripts extends fc.Arbitrary<infer Value> ? Value : never;

const LAST_WORD = 'that was all';
/** Leaves copies, batches and transactions, and undoes what the script made. */
const LAST = [
  f,
  S,
  S,
  Q('ROLLBACK; DEALLOCATE ALL; CLOSE ALL; TRUNCATE t'),
  Q(`SELECT '${LAST_WORD}'`),
];

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
}, 60_000);

afterAll(() => server.stop());

async function login(port: number): Promise<RawFrontend> {
  const { user, database } = server;
  const { frontend } = await RawFrontend.login({ port, user, database });
  frontend.send(Q('CREATE TEMP TABLE t (a int UNIQUE)'), Q(REFUSING_TABLE));
  await frontend.until('Z', 2);
  return frontend;
}

async function play(
  client: RawFrontend,
  { sent, piece }: Script,
): Promise<readonly BackendMessage[]> {
  const bytes = Buffer.concat([...sent, ...LAST]);
  for (let at = 0; at < bytes.length; at += piece) {
    client.send(bytes.subarray(at, at + piece));
    if (piece < bytes.length) await nextTurn();
  }
  const answers: BackendMessage[] = [];
  for (;;) {
    const some = await client.until('Z');
    answers.push(...some);
    if (client.ended || some.some(({ body }) => body.includes(LAST_WORD))) return answers;
  }
}

/** One session through a relay and one without it, for as long as the server keeps them. */
class Pair {
  readonly #pump: RelayPump;
  #clients: readonly [RawFrontend, RawFrontend] | undefined;

  constructor(pump: RelayPump) {
    this.#pump = pump;
  }

  async expectSameAnswers(
    script: Script,
    describeAnswer: (message: BackendMessage) => string,
  ): Promise<void> {
    this.#clients ??= [await login(this.#pump.port), await login(server.port)];
    const [relayed, direct] = this.#clients;
    this.#clients = undefined;
    const [told, expected] = await Promise.all([play(relayed, script), play(direct, script)]);
    // What a server says last is lost when the connection breaks: then both have to be over.
    const { violation } = this.#pump.session;
    expect({ ended: relayed.ended, violation }).toEqual({ ended: direct.ended });
    if (direct.ended) return;
    expect(told.map(describeAnswer)).toEqual(expected.map(describeAnswer));
    expect(this.#pump.session.unfinished).toEqual([]);
    this.#clients = [relayed, direct];
  }
}

async function search(pump: RelayPump, describeAnswer: (message: BackendMessage) => string) {
  const pair = new Pair(pump);
  const property = fc.asyncProperty(scripts, (script) =>
    pair.expectSameAnswers(script, describeAnswer),
  );
  try {
    await fc.assert(property, SEARCH);
  } finally {
    await pump.close();
  }
}

/** The schema of temporary tables is numbered by session. */
const describeAnswer = ({ type, body }: BackendMessage) =>
  `${type} ${body.toString('latin1').replace(/pg_temp_\d+/, 'pg_temp')}`;

const DENY: Denial = { allow: false, code: 'forbidden', message: 'not for you' };
const deny = (text: string, denied: string): Verdict => (text.includes(denied) ? DENY : ALLOW);

describe('whatever a client sends', () => {
  it(
    'is answered as without a relay',
    async () => search(await startRelayPump(server.port), describeAnswer),
    FUZZ_PATIENCE,
  );

  it(
    'is answered, where it is denied, as where it fails',
    async () => {
      const pump = await startRelayPump(server.port, {
        decide: ({ text, source }) => (source === 'text' ? deny(text, FAILS) : ALLOW),
        decidePrepared: (text) => deny(text, NO_SYNTAX),
      });
      await search(pump, (message) =>
        /not for you|nobody_made_this|syntax error|transaction is aborted/.test(
          message.body.toString(),
        )
          ? 'denied or failed'
          : describeAnswer(message),
      );
    },
    FUZZ_PATIENCE,
  );
});

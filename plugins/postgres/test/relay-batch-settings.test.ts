import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALLOW } from '@weir/contract';
import { POSTGRES_VERSIONS, type PostgresServer, startPostgres } from '@weir/testkit';
import { B, C, c, D, d, E, H, latin1P, P, Q, S } from './frontend-messages.ts';
import { type BackendMessage, RawFrontend } from './raw-frontend.ts';
import { describeEvents, RelayHarness } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';
import { cstring, int32, message, report } from './wire-bytes.ts';
import { messageTypes } from './wire-messages.ts';

const run = (text: string) => [P(text), B({}), E()];
const DONE = [message('1'), message('2'), message('C', cstring('SELECT 0'))];

const row = (value: string) =>
  message('D', Buffer.of(0, 1), int32(value.length), cstring(value).subarray(0, -1));

/** The answer to one SHOW, with this in place of its row. */
const shown = (...rows: readonly Buffer[]) => [
  ...[message('1'), message('2'), ...rows],
  ...[message('C', cstring('SHOW')), message('3'), message('3')],
];

/** What is sent for the question. */
const QUESTION = 'PBECCPBECCH';

/** A relay that has been sent these messages, and the texts that it has asked a decision for. */
function play(...messages: readonly Uint8Array[]) {
  const texts: string[] = [];
  const harness = new RelayHarness({
    decidePrepared: (text) => {
      texts.push(text);
      return ALLOW;
    },
  });
  harness.relay.fromClient(Buffer.concat(messages));
  return {
    harness,
    texts,
    answer: (...answers: readonly Uint8Array[]) =>
      harness.relay.fromDatabase(Buffer.concat(answers)),
    sent: () => messageTypes(harness.databaseBytes),
    seen: () => messageTypes(harness.clientBytes),
  };
}

describe('a text that settings can make read otherwise', () => {
  it('waits behind what may have changed them, and is decided as the database will read it', () => {
    const { texts, answer, sent, seen } = play(...run('SELECT f()'), latin1P('SELECT é'), B({}));
    expect(sent()).toBe(`PBE${QUESTION}`);
    expect(texts).toEqual(['SELECT f()']);
    answer(...DONE, ...shown(row('LATIN1')), ...shown(row('on')));
    expect(texts).toEqual(['SELECT f()', 'SELECT é']);
    expect(sent()).toBe(`PBE${QUESTION}PB`);
    expect(seen()).toBe('12C');
  });

  it('is asked about once, however the answers are cut', () => {
    const { harness, texts, answer, sent, seen } = play(...run('SELECT f()'), latin1P('SELECT é'));
    const answers = Buffer.concat([...DONE, ...shown(row('LATIN1')), ...shown(row('on'))]);
    for (const byte of answers) answer(Buffer.of(byte));
    expect(texts).toEqual(['SELECT f()', 'SELECT é']);
    expect(sent()).toBe(`PBE${QUESTION}P`);
    expect(seen()).toBe('12C');
    expect(harness.throttled).toBe(false);
  });

  it.each([
    'BEGIN',
    'begin isolation level serializable',
    'START TRANSACTION READ ONLY',
    'SAVEPOINT a',
    'RELEASE SAVEPOINT a',
  ])('goes on at once behind %s', (text) => {
    const { sent } = play(P(text), D('S'), B({}), D('P'), E(), C('P'), P('SELECT é'), B({}), E());
    expect(sent()).toBe('PDBDECPBE');
  });

  it.each([
    'SELECT 1',
    'INSERT INTO t VALUES (1)',
    'COMMIT',
    'ROLLBACK',
    'beginning',
    'start$',
    '/**/ BEGIN',
  ])('waits behind %s', (text) => {
    expect(play(...run(text), P('SELECT é')).sent()).toBe(`PBE${QUESTION}`);
  });

  it.each([
    ['a Parse', [P('SELECT 1')]],
    ['a Bind', [B({ statement: 's' })]],
    ['an Execute', [E('p')]],
    ['a Describe', [D('S', 's')]],
  ])('waits behind %s alone', (_what, messages) => {
    expect(play(...messages, P('SELECT é')).sent()).toMatch(/^.PBECC/);
  });

  it.each([
    ['runs', [B({ statement: 's' }), E()]],
    ['describes', [D('S', 's')]],
    ['runs by a portal of its own', [B({ statement: 's', portal: 'p' }), E('p')]],
  ])(
    'waits behind what %s a BEGIN with a name, which SQL can give to another text',
    (_how, messages) => {
      expect(play(P('BEGIN', 's'), ...messages, P('SELECT é')).sent()).toMatch(QUESTION);
    },
  );

  it('is the first of a segment without waiting', () => {
    expect(play(P('SELECT é'), B({}), E(), S).sent()).toBe('PBES');
  });

  it('holds nothing else up', () => {
    expect(play(...run('SELECT f()'), ...run('SELECT 2'), S).sent()).toBe('PBEPBES');
  });

  it('is dropped with the rest of a batch that fails before', () => {
    const { harness, answer, sent, seen } = play(...run('FAIL'), P('SELECT é'), B({}), S);
    answer(...DONE.slice(0, 2), report('E', { S: 'ERROR', V: 'ERROR', C: '22012', M: 'no' }));
    answer(message('Z', Buffer.from('I')));
    expect(sent()).toBe(`PBE${QUESTION}S`);
    expect(seen()).toBe('12EZ');
    expect(harness.relay.quiet).toBe(true);
    harness.relay.fromClient(P('SELECT é'));
    expect(sent()).toBe(`PBE${QUESTION}SP`);
  });

  it('fails in place of a question that fails, and says why', () => {
    const { harness, answer, sent, seen } = play(
      ...run('SELECT f()'),
      P('SELECT é'),
      B({}),
      E(),
      S,
    );
    const canceled = report('E', { S: 'ERROR', V: 'ERROR', C: '57014', M: 'canceled' });
    answer(...DONE, message('1'), message('2'), canceled);
    answer(message('Z', Buffer.from('I')));
    expect(sent()).toBe(`PBE${QUESTION}S`);
    expect(seen()).toBe('12CEZ');
    expect(describeEvents(harness.events)).not.toContain('2 prepared: SELECT é');
    expect(harness.violation).toBeUndefined();
  });

  it.each([
    ['out of order', [message('2')]],
    ['without a row', shown()],
    ['with two rows', shown(row('UTF8'), row('UTF8'))],
    ['with a value that is null', shown(message('D', Buffer.of(0, 1), int32(-1)))],
    ['with two columns', shown(message('D', Buffer.of(0, 2), int32(1), Buffer.from('x')))],
    ['with a value that is cut', shown(message('D', Buffer.of(0, 1), int32(9), Buffer.from('x')))],
    ['with a row of nothing', shown(message('D'))],
    ['with a row that is too long', shown(row('x'.repeat(2_000)))],
    ['that ends early', [...shown(row('UTF8')), message('Z', Buffer.from('I'))]],
  ])('is never sent on an answer %s', (_what, answers) => {
    const { harness, answer, sent } = play(...run('SELECT f()'), P('SELECT é'));
    answer(...DONE, ...answers, ...shown(row('on')));
    expect(harness.violation?.message).toMatch(/^the database broke the protocol/);
    expect(sent()).toBe(`PBE${QUESTION}`);
  });
});

/** Batches as stock drivers send them; each is answered as if nobody stood between. */
const BATCHES: readonly (readonly [string, readonly Uint8Array[]])[] = [
  [
    'a transaction that begins with its first statement',
    [P('BEGIN'), B({}), E(), P("SELECT 'ü', E'\\\\'"), B({}), D('P'), E(), ...run('COMMIT'), S],
  ],
  [
    'many statements at once',
    [
      ...['ä', 'ö', 'ü'].flatMap((text) => [
        P(`INSERT INTO words VALUES ('${text}\\')`),
        B({}),
        D('P'),
        E(),
      ]),
      ...run('SELECT * FROM words'),
      ...run('DELETE FROM words'),
      S,
    ],
  ],
  [
    'statements that are only prepared',
    [P("SELECT 'ä'", 'a'), D('S', 'a'), P("SELECT 'ö'", 'b'), D('S', 'b'), C('S', 'a'), S],
  ],
  ['a Flush behind each', [...run("SELECT 'ä'"), H, ...run("SELECT 'ö'"), H, S]],
  [
    'an isolation level that has to be set before any query',
    [
      ...run('BEGIN; -- é'),
      ...[P('SET search_path = public'), B({}), E()],
      ...run('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE -- é'),
      ...run('SHOW transaction_isolation'),
      ...run('ROLLBACK'),
      S,
    ],
  ],
  [
    'the unnamed portal goes on behind it',
    [
      ...[P('SELECT generate_series(1, 5)'), B({}), E('', 2)],
      ...[P("SELECT 'é'", 'other'), E('', 2), C('S', 'other'), S],
    ],
  ],
  [
    'nothing stays of the question',
    [
      ...[...run('SELECT 1'), ...run("SELECT 'é'")],
      ...run('SELECT name FROM pg_prepared_statements'),
      ...run('SELECT name FROM pg_cursors'),
      S,
    ],
  ],
  [
    'a text that reads otherwise since the batch began',
    [...run("SET client_encoding = 'LATIN1'"), latin1P("SELECT ascii('é')"), B({}), E(), S],
  ],
  [
    'a text that could not be read before',
    [
      ...run("SET client_encoding = 'EUC_TW'"),
      ...[S, P("SET client_encoding = 'UTF8'"), B({}), E(), P("SELECT 'é'"), B({}), E(), S],
    ],
  ],
  [
    'a query string that could not be read before',
    [Q("SET client_encoding = 'EUC_TW'"), Q("SET client_encoding = 'UTF8'"), Q("SELECT 'é'")],
  ],
  [
    'backslashes that begin to escape',
    [
      ...run('SET standard_conforming_strings = off'),
      ...run("SELECT 'a\\'b'"),
      ...run('RESET ALL'),
      ...run("SELECT 'a\\'"),
      S,
    ],
  ],
  [
    'a copy before',
    [...run('COPY words FROM STDIN'), d('é\n'), c, ...run("DELETE FROM words WHERE word = 'é'"), S],
  ],
  [
    'a failed transaction',
    [
      ...[...run('BEGIN'), ...run('SELECT 1/0'), ...run("SELECT 'é'"), S],
      ...[...run('ROLLBACK'), ...run("SELECT 'é'"), S],
    ],
  ],
];

describe.each(POSTGRES_VERSIONS)('PostgreSQL %s answers as to a client of its own', (version) => {
  let server: PostgresServer;
  let pump: RelayPump;

  beforeAll(async () => {
    server = await startPostgres({ version, hba: ['host all all all trust'], tls: false });
    await server.query('CREATE TABLE words (word text)');
    pump = await startRelayPump(server.port);
  }, 60_000);

  afterAll(async () => {
    await pump.close();
    await server.stop();
  });

  async function answers(
    port: number,
    messages: readonly Uint8Array[],
  ): Promise<readonly string[]> {
    const { user, database } = server;
    const { frontend } = await RawFrontend.login({ port, user, database });
    frontend.send(...messages);
    const ready = messageTypes(Buffer.concat(messages)).replace(/[^SQ]/g, '').length;
    const seen = await frontend.until('Z', ready);
    frontend.close();
    return seen.map(show);
  }

  it.each(BATCHES)('%s', async (_name, messages) => {
    const expected = await answers(server.port, messages);
    expect(await answers(pump.port, messages)).toEqual(expected);
    expect(pump.session.violation).toBeUndefined();
    expect(pump.session.unfinished).toEqual([]);
  });
});

function show({ type, body }: BackendMessage): string {
  return `${type} ${body.toString('latin1')}`;
}

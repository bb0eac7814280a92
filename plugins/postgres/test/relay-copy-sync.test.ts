import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { B, C, c, D, d, E, f, H, P, Q, S, X } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { REFUSING_TABLE } from './refusing-table.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';
import { messageTypes } from './wire-messages.ts';

let server: PostgresServer;
let pump: RelayPump;

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
  pump = await startRelayPump(server.port);
}, 60_000);

afterAll(async () => {
  await pump.close();
  await server.stop();
});

async function login(port: number): Promise<RawFrontend> {
  const { user, database } = server;
  const { frontend } = await RawFrontend.login({ port, user, database });
  frontend.send(Q('CREATE TEMP TABLE ti (a int UNIQUE)'), Q(REFUSING_TABLE));
  await frontend.until('Z', 2);
  return frontend;
}

const REFUSED = Q('COPY refusing FROM STDIN');
const REFUSED_STEPS = [P('COPY refusing FROM STDIN'), B({}), D('P'), E()];

const COPY = [P('COPY ti FROM STDIN'), B({}), E()];

/** What a client sends, and which message it waits for after each part. */
const CASES: readonly (readonly [string, readonly (readonly [string, readonly Buffer[]])[]])[] = [
  [
    'behind data that the server refused',
    [
      ['G', [...COPY, H]],
      ['E', [d('bad\n'), d('1\n'), H]],
      ['Z', [S]],
    ],
  ],
  [
    'with data that the server will refuse, and without an end of the copy',
    [
      ['G', [...COPY, H]],
      ['Z', [d('bad\n'), S]],
    ],
  ],
  [
    'at once, before data and the end of the copy',
    [
      ['G', [...COPY, S]],
      ['Z', [d('1\n'), c, S]],
    ],
  ],
  [
    'and another, behind data that the server will refuse, and before a query',
    [
      ['G', [Q('COPY ti FROM STDIN')]],
      ['T', [d('bad\n'), S, S, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'on either side of data that the server will refuse',
    [
      ['G', [Q('COPY ti FROM STDIN')]],
      ['T', [S, d('bad\n'), S, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'of a batch on either side of data that the server will refuse',
    [
      ['G', [...COPY, H]],
      ['T', [S, d('bad\n'), S, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'before an end at which the copy fails',
    [
      ['G', [Q('COPY ti FROM STDIN')]],
      ['T', [d('1\n'), d('1\n'), S, c, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'before an end at which the copy of a batch fails, which skips up to the next Sync',
    [
      ['G', [...COPY, H]],
      ['E', [d('1\n'), d('1\n'), S, c]],
      ['Z', [Q('SELECT 1'), S]],
    ],
  ],
  ['ahead of a copy that fails before it reads', [['Z', [...REFUSED_STEPS, S]]]],
  [
    'and another, ahead of a copy that fails before it reads',
    [
      ['Z', [...REFUSED_STEPS, S, S]],
      ['Z', []],
    ],
  ],
  [
    'ahead of a copied string that fails before it reads',
    [
      ['Z', [REFUSED, S]],
      ['Z', []],
    ],
  ],
  [
    'ahead of a copied string that fails before it reads, and a query behind it',
    [
      ['T', [REFUSED, S, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'ahead of a copy that fails before it reads, and a query behind it',
    [
      ['T', [...REFUSED_STEPS, S, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
  [
    'ahead of a copy that fails before it reads, with data and another Sync behind it',
    [
      ['Z', [...REFUSED_STEPS, S, d('1\n'), c, S]],
      ['Z', []],
    ],
  ],
  [
    'ahead of a copy that fails at its data, and another behind that',
    [
      ['G', [...COPY, S]],
      ['Z', [d('bad\n'), c, S]],
    ],
  ],
  [
    'before the client gives the copy up',
    [
      ['G', [Q('COPY ti FROM STDIN')]],
      ['T', [d('1\n'), S, f, Q('SELECT 1')]],
      ['Z', []],
    ],
  ],
];

/** With what the string holds behind the copy, no statement's name is sure. */
const UNSURE = Q('COPY ti FROM STDIN; DEALLOCATE ALL');

/** Ends in an answer that nothing else here has: NoData. */
const DONE = [P('BEGIN', 'last'), D('S', 'last'), S];

const MISPLACED: readonly (readonly [string, readonly Buffer[]])[] = [
  ['a Describe of a name that is not sure', [D('S', 's')]],
  ['a Bind to a name that is not sure', [B({ statement: 's' })]],
  ['a Parse whose text depends on settings', [P("SELECT 'é'")]],
  ['a Query whose text depends on settings', [Q("SELECT 'é'")]],
  ['a Query behind a Sync', [S, Q('SELECT 1')]],
  ['a Bind behind a Sync', [S, B({ statement: 's' })]],
  ['a Close', [C('S', 's')]],
];

describe('a Sync in a copy', () => {
  it.each(CASES)('%s is answered as the server answers it', async (_when, parts) => {
    const seen: string[][] = [];
    for (const port of [server.port, pump.port]) {
      const client = await login(port);
      const types: string[] = [];
      for (const [awaited, messages] of parts) {
        client.send(...messages);
        types.push(...(await client.until(awaited)).map(({ type }) => type));
      }
      client.send(Q('SELECT count(*) FROM ti'));
      types.push(...(await client.until('Z')).map(({ type }) => type));
      client.close();
      seen.push(types);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(pump.session.violation).toBeUndefined();
    expect(pump.session.unfinished).toEqual([]);
  });
});

describe('what has no place in a copy', () => {
  it.each(MISPLACED)('ends the copy and the session, as at the server: %s', async (_what, sent) => {
    const relayed = await login(pump.port);
    const direct = await login(server.port);
    const ended: string[][] = [];
    for (const client of [direct, relayed]) {
      client.send(P('SELECT 1', 's'), S, UNSURE);
      await client.until('G');
      client.send(...sent, X);
      ended.push((await client.untilEnd()).map(({ type }) => type));
    }
    expect(ended[0]).toEqual(['E', 'E']);
    // The pump may cut off the client before it has read what was written to it last.
    expect(messageTypes(pump.session.clientBytes)).toMatch(/GEE$/);
    expect(pump.session.violation).toBeUndefined();
    expect(pump.session.unfinished).toEqual([]);
  });

  it.each(MISPLACED)(
    'runs behind a copy that has failed, as at the server: %s',
    async (_, sent) => {
      const seen: string[][] = [];
      for (const port of [server.port, pump.port]) {
        const client = await login(port);
        client.send(P('SELECT 1', 's'), S, UNSURE);
        await client.until('G');
        client.send(d('bad\n'), ...sent, S, ...DONE);
        seen.push((await client.until('n')).map(({ type }) => type));
        client.close();
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(pump.session.violation).toBeUndefined();
      expect(pump.session.unfinished).toEqual([]);
    },
  );
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { B, c, d, E, H, P, Q, S } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

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
  frontend.send(Q('CREATE TEMP TABLE ti (a int)'));
  await frontend.until('Z');
  return frontend;
}

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

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { B, E, P, Q, S } from './frontend-messages.ts';
import { functionCall, RawFrontend } from './raw-frontend.ts';
import { denyMatching } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

const LO_CREATE = 715;
const LO_UNLINK = 964;
/** Reads a file on the server. */
const LO_IMPORT = 764;
const VERSION = 89;

let server: PostgresServer;
let pump: RelayPump;
let client: RawFrontend;

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
  pump = await startRelayPump(server.port, { decide: denyMatching(/lo_unlink/) });
  const { user, database } = server;
  client = (await RawFrontend.login({ port: pump.port, user, database })).frontend;
}, 60_000);

afterAll(async () => {
  client.close();
  await pump.close();
  await server.stop();
});

/** Sends and waits for `ready` ReadyForQuery: the types of the answers, with status and SQLSTATE. */
async function answers(ready: number, ...messages: readonly Buffer[]): Promise<string[]> {
  client.send(...messages);
  return (await client.until('Z', ready)).map(({ type, body }) => {
    if (type === 'Z') return `Z ${body.toString()}`;
    return type === 'E' ? `E ${/\0C(.{5})/.exec(body.toString('latin1'))?.[1]}` : type;
  });
}

const lastEvents = (count: number) => pump.session.events.slice(-count);

describe('FunctionCall', () => {
  it('of a large object function is decided and told as the SQL that it amounts to', async () => {
    expect(await answers(1, functionCall(LO_CREATE, '4711'))).toEqual(['V', 'Z I']);
    expect(pump.session.events).toContainEqual({
      type: 'submit',
      seq: 1,
      text: 'SELECT pg_catalog.lo_create($1)',
      source: 'call',
    });
    expect(pump.session.events).toContainEqual(
      expect.objectContaining({ type: 'completed', seq: 1, rows: 1 }),
    );
  });

  it('fails as the server says, and so does its transaction', async () => {
    await answers(1, Q('BEGIN'));
    expect(await answers(1, functionCall(LO_CREATE, '4711'))).toEqual(['E 23505', 'Z E']);
    expect(lastEvents(3)).toContainEqual(
      expect.objectContaining({ type: 'failed', cause: 'database', code: '23505' }),
    );
    await answers(1, Q('ROLLBACK'));
  });

  it('is denied by policy where its SQL would be', async () => {
    await answers(1, Q('BEGIN'));
    expect(await answers(1, functionCall(LO_UNLINK, '4711'))).toEqual(['E 42501', 'Z E']);
    await answers(1, Q('ROLLBACK'));
    const [row] = await server.query('SELECT count(*)::int AS n FROM pg_largeobject_metadata');
    expect(row).toEqual({ n: 1 });
  });

  it.each([
    ['a function that reads files', LO_IMPORT, '/etc/passwd'],
    ['any other function', VERSION, ''],
  ])('of %s is refused, and the session goes on', async (_what, oid, argument) => {
    expect(await answers(1, functionCall(oid, argument))).toEqual(['E 0A000', 'Z I']);
    expect(await answers(1, Q('SELECT 1'))).toEqual(['T', 'D', 'C', 'Z I']);
  });

  it('leaves the unnamed prepared statement as it is', async () => {
    await answers(1, P('SELECT 5'), S);
    await answers(1, functionCall(LO_CREATE, '4712'));
    expect(await answers(1, B({}), E(), S)).toEqual(['2', 'D', 'C', 'Z I']);
    expect(pump.session.events).toContainEqual(
      expect.objectContaining({ type: 'submit', text: 'SELECT 5', source: 'prepared' }),
    );
  });

  it('is skipped with the batch that it stands in', async () => {
    const call = functionCall(LO_CREATE, '4713');
    expect(await answers(1, P('SELECT nonsense'), call, S)).toEqual(['E 42703', 'Z I']);
    expect(pump.session.unfinished).toEqual([]);
    const [row] = await server.query(
      'SELECT count(*)::int AS n FROM pg_largeobject_metadata WHERE oid = 4713',
    );
    expect(row).toEqual({ n: 0 });
  });
});

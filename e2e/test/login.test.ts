import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { Connection } from '../src/connection.ts';
import { isDirectRun, sharedServices } from '../src/services.ts';
import { startWeirProcess, type WeirProcess } from '../src/weir-process.ts';

const LIMIT = 60_000;
const server = sharedServices().postgres['18'];

const possible = !isDirectRun() && server.available;
const why = possible ? '' : ' (skipped: it needs Weir and Postgres 18)';

(possible ? describe : describe.skip)(`a login through Weir${why}`, () => {
  let weir: WeirProcess;
  let good: Connection;

  beforeAll(async () => {
    if (!server.available) throw new Error(server.reason);
    weir = await startWeirProcess(new Map([['orders', server.direct]]));
    good = weir.connectionTo('orders');
  }, LIMIT);

  afterAll(() => weir.stop(), LIMIT);

  /** The answer to a login: the rows of a query, or the error's code. */
  async function login(changes: Partial<Connection>, encrypted = true): Promise<unknown> {
    const { caFile, ...account } = { ...good, ...changes };
    const ssl = encrypted ? { ca: readFileSync(caFile, 'utf8') } : false;
    const client = new Client({ ...account, ssl });
    // The connection ends after the answer; that end is no news.
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('select 1 as one');
      return rows;
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    } finally {
      await client.end();
    }
  }

  it('succeeds with a token of its own user', async () => {
    expect(await login({})).toEqual([{ one: 1 }]);
  });

  it.each([
    ['a password that is no token', async () => 'open sesame'],
    ['the password of the database', async () => (server.available ? server.direct.password : '')],
    ['an expired token', () => weir.issuer.tokenFor('ana@acme.com', { expiresIn: -600 })],
    ['a token for another audience', () => weir.issuer.tokenFor('ana@acme.com', { audience: 'x' })],
    ['a token of somebody else', () => weir.issuer.tokenFor('scout')],
    ['a token with a changed signature', async () => `${good.password.slice(0, -6)}AAAAAA`],
  ])('fails with %s', async (_what, password) => {
    expect(await login({ password: await password() })).toBe('28P01');
  });

  it('fails for the account of the database itself', async () => {
    expect(await login(server.available ? { ...server.direct, ...targetOf(good) } : {})).toBe(
      '28P01',
    );
  });

  it('fails for a database that is no target', async () => {
    expect(await login({ database: 'elsewhere' })).toBe('3D000');
  });

  it('fails without encryption', async () => {
    expect(await login({}, false)).toBe('28000');
  });

  function targetOf({ host, port, database, caFile }: Connection) {
    return { host, port, database, caFile };
  }
});

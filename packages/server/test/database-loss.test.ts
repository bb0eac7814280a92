import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findFreePort, type PostgresServer } from '@weir/testkit';
import type { Client } from 'pg';
import { type Backdrop, startBackdrop, targetLines } from './backdrop.ts';
import { expectError, type RunningWeir, withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

function server(): PostgresServer {
  const { database } = backdrop;
  if (database.server === undefined) throw new Error('there is no database');
  return database.server;
}

async function processOf(client: Client): Promise<unknown> {
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return rows[0].pid;
}

const endOf = (client: Client): Promise<void> =>
  new Promise((resolve) => client.once('end', () => resolve()));

async function expectServed(running: RunningWeir): Promise<void> {
  const client = await running.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
}

describe('a database', () => {
  it('that is down costs its clients the login', async () => {
    const port = await findFreePort();
    const targets = `targets:\n${targetLines('orders', backdrop, { port })}`;
    await withWeir(backdrop, { targets }, async (running) => {
      const refusal = await running.refusal({});
      const event = await running.next('session.refused');
      expect(refusal).toMatchObject({
        severity: 'FATAL',
        code: '08006',
        message: 'the database cannot be reached',
        detail: `weir ref ${event.id}`,
      });
      expect(event.refusal.code).toBe('upstream-unreachable');
    });
  });

  it('that ends a session has its own words delivered', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const pid = await processOf(client);
      const end = endOf(client);
      const running_ = expectError(client.query('select pg_sleep(60)'));
      await running.next('statement.submitted', 2);
      await server().query('select pg_terminate_backend($1)', [pid]);
      expect(await running_).toMatchObject({ severity: 'FATAL', code: '57P01' });
      await end;
      expect((await running.next('session.closed')).reason).toBe('database-closed');
      await expectServed(running);
    });
  });

  it('that is killed in the middle of a result ends the session and the statement', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const pid = await processOf(client);
      const end = endOf(client);
      const query = client.query("select repeat('x', 1000) from generate_series(1, 100000000)");
      const lost = query.then(
        () => 'it succeeded',
        (error: Error) => error.message,
      );
      await running.next('result.rows', 3);
      await server().query('select pg_terminate_backend($1)', [pid]);
      await end;
      expect(await lost).toMatch(/terminat/i);
      const closed = await running.next('session.closed');
      expect(closed.reason).toBe('database-closed');
      const ends = running.events.filter(
        (event) =>
          (event.type === 'result.completed' || event.type === 'result.failed') &&
          event.statement.seq === 2,
      );
      expect(ends).toHaveLength(1);
      await expectServed(running);
    });
  });

  it('stops what it runs when its client cancels', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('select 1');
      const canceller = await running.connect();
      const failed = expectError(client.query('select pg_sleep(60)'));
      await running.next('statement.submitted', 2);
      const raw = await running.raw();
      raw.cancel(
        Number(Reflect.get(client, 'processID')),
        Number(Reflect.get(client, 'secretKey')),
      );
      expect(await failed).toMatchObject({ severity: 'ERROR', code: '57014' });
      expect((await running.next('cancel.requested')).forwarded).toBe(true);
      expect((await client.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
      expect((await canceller.query('select 3 as three')).rows).toEqual([{ three: 3 }]);
    });
  });
});

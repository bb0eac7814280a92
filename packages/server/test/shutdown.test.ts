import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DatabaseError } from 'pg';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { encodeMessage } from './raw-client.ts';
import { expectError, withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

describe('a stop', () => {
  it('ends idle sessions with the reason', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('select 1');
      const told = new Promise((resolve) => client.once('error', resolve));
      await running.weir.stop();
      const error = await told;
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({
        severity: 'FATAL',
        code: '57P01',
        message: 'Weir is shutting down',
      });
    });
  });

  it('lets a result be read to its end, however slowly', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const query = client.query("select repeat('x', 10000) from generate_series(1, 3000)");
      await running.next('result.rows');
      const stopped = running.weir.stop();
      expect((await query).rowCount).toBe(3_000);
      await stopped;
      expect(running.told('session.closed')[0]?.reason).toBe('shutting-down');
    });
  });

  it('takes the cancel of a query that it waits for', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const cancelled = expectError(client.query('select pg_sleep(60)'));
      await running.next('statement.submitted');
      const stopped = running.weir.stop();
      const raw = await running.raw();
      raw.cancel(
        Number(Reflect.get(client, 'processID')),
        Number(Reflect.get(client, 'secretKey')),
      );
      expect(await cancelled).toMatchObject({ severity: 'ERROR', code: '57014' });
      await stopped;
    });
  });

  it('waits for a transaction, is not ready meanwhile, and takes nobody new', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('begin');
      expect(await running.page('/readyz')).toEqual([200, 'ready\n']);
      const stopped = running.weir.stop();
      expect(await running.page('/readyz')).toEqual([503, 'shutting down\n']);
      expect((await running.page('/healthz'))[0]).toBe(200);
      const refusal = await running.refusal({});
      expect(refusal).toMatchObject({ severity: 'FATAL', code: '57P01' });
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await client.query('commit');
      await stopped;
      await expect(running.page('/healthz')).rejects.toThrow();
      const gone = new Promise((resolve) => {
        connect(running.port, '127.0.0.1').once('error', resolve);
      });
      expect(await gone).toMatchObject({ code: 'ECONNREFUSED' });
    });
  });

  it('waits for a batch whose work is answered, but not ended', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      client.query('create table kept (a int)');
      await client.next('Z');
      const insert = ['P', '\0insert into kept values (1)\0\0\0'] as const;
      client.send(encodeMessage(...insert), encodeMessage('B', Buffer.alloc(8)));
      client.send(encodeMessage('E', Buffer.alloc(5)), encodeMessage('H', ''));
      await client.next('C');
      const stopped = running.weir.stop();
      client.message('S', '');
      expect((await client.next()).type).toBe('Z');
      expect((await client.next()).fields.get('C')).toBe('57P01');
      await stopped;
    });
    const counted = backdrop.database.server?.query('select count(*)::int as rows from kept');
    expect(await counted).toMatchObject([{ rows: 1 }]);
  });

  it('does not wait longer than the limit says', async () => {
    const limits = 'limits: { drain_timeout: 1s }';
    await withWeir(backdrop, { limits }, async (running) => {
      const client = await running.connect();
      await client.query('begin');
      const told = new Promise((resolve) => client.once('error', resolve));
      await running.weir.stop();
      expect(await told).toMatchObject({ code: '57P01' });
    });
  });

  it('asked for again is the same stop', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('begin');
      let done = 0;
      const stops = [running.weir.stop(), running.weir.stop()].map(async (stop) => {
        await stop;
        done += 1;
      });
      await client.query('select 1');
      expect(done).toBe(0);
      await client.query('commit');
      await Promise.all(stops);
    });
  });
});

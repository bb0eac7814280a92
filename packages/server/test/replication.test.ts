import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop, targetLines } from './backdrop.ts';
import type { RawClient } from './raw-client.ts';
import { type RunningWeir, withWeir } from './running-weir.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(async () => {
  await backdrop.stop();
});

/** What a standby says of its progress: three positions, the time, and whether it wants an answer. */
const STATUS_UPDATE = Buffer.concat([Buffer.from('r'), Buffer.alloc(33)]);
const CANCEL = Buffer.from([0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e]);
const targets = () => `targets:\n${targetLines('orders', backdrop)}\n    allow_replication: true`;

/** A client to which the database's log streams, and its cancel key. */
async function startStream(running: RunningWeir): Promise<{ client: RawClient; key: Buffer }> {
  const client = await running.raw();
  await client.secure();
  client.startup({ user: 'ana@acme.com', database: 'orders', replication: 'true' });
  await client.next('R');
  client.password(await backdrop.issuer.tokenFor('ana'));
  const key = (await client.next('K')).body;
  await client.next('Z');
  const rows = await backdrop.database.server?.query('select pg_current_wal_flush_lsn() as lsn');
  client.query(`START_REPLICATION ${rows?.[0]?.['lsn']}`);
  await client.next('W');
  await writeLog(1);
  expect((await client.next('d')).type).toBe('d');
  return { client, key };
}

/** Makes the database write this many megabytes to its log. */
async function writeLog(megabytes: number): Promise<void> {
  const message = "pg_logical_emit_message(false, 'test', repeat('x', 1000000))";
  await backdrop.database.server?.query(
    `select count(${message}) from generate_series(1, ${megabytes})`,
  );
}

/** How the statements of the stream's session ended. */
function endsOf(running: RunningWeir): readonly string[] {
  return running.events.flatMap((event) => {
    if (event.type === 'result.completed') return [`done ${event.completion.tag}`];
    return event.type === 'result.failed' ? [`failed ${event.failure.code}`] : [];
  });
}

describe('a replication stream', () => {
  it('ends once when its client cancels, and the session goes on', async () => {
    await withWeir(backdrop, { targets: targets() }, async (running) => {
      const { client, key } = await startStream(running);
      (await running.raw()).send(CANCEL, key);
      expect((await client.next('Z')).fields.get('C')).toBe('57014');
      // What was under way to the database when it gave up.
      client.message('d', STATUS_UPDATE);
      client.message('c', '');
      client.query('IDENTIFY_SYSTEM');
      await client.next('Z');
      expect((await client.next('Z')).type).toBe('Z');
      expect(endsOf(running)).toEqual(['failed 57014', 'done IDENTIFY_SYSTEM']);
      client.reset();
    });
  });

  it('stays open while nothing passes for longer than the idle timeout', async () => {
    const limits = 'limits: { idle_timeout: 1s }';
    await withWeir(backdrop, { targets: targets(), limits }, async (running) => {
      const { client } = await startStream(running);
      await running.rawSession();
      expect((await running.next('session.closed')).reason).toBe('idle-timeout');
      await writeLog(1);
      expect((await client.next('d')).type).toBe('d');
      client.message('c', '');
      expect((await client.next('Z')).type).toBe('Z');
      expect(endsOf(running)).toEqual(['done START_REPLICATION']);
      client.reset();
    });
  });

  it('waits for a slow client, and still carries what that client says', async () => {
    await withWeir(backdrop, { targets: targets() }, async (running) => {
      const { client } = await startStream(running);
      client.pause();
      await writeLog(64);
      expect((await running.next('flow.paused')).side).toBe('database');
      const copied = () =>
        running.told('result.rows').filter(({ form }) => form === 'copy-in').length;
      expect(copied()).toBe(0);
      client.message('d', STATUS_UPDATE);
      await until(() => copied() === 1);
      client.message('c', '');
      client.resume();
      expect((await client.next('Z')).type).toBe('Z');
      expect(endsOf(running)).toEqual(['done START_REPLICATION']);
      client.reset();
    });
  });

  it('is ended with an error that its client can read when Weir stops', async () => {
    const limits = 'limits: { drain_timeout: 1s }';
    await withWeir(backdrop, { targets: targets(), limits }, async (running) => {
      const { client } = await startStream(running);
      const stopped = running.weir.stop();
      expect((await client.next('Z')).fields.get('C')).toBe('57P01');
      await stopped;
      expect(endsOf(running)).toEqual(['failed ']);
    });
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { inScene } from './scene.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const ROWS = 2_000;
const SIZE = 32_768;
const RESULT = ROWS * (SIZE + 'ROW \n'.length);
/** What loopback's buffers on both connections and the streams' own take at most. */
const IN_FLIGHT = 24_000_000;

describe('a client that reads slowly', () => {
  it('pauses its database, costs bounded memory, and gets everything once it reads', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      const other = await scene.session('omar');
      client.pause();
      client.send(`rows ${ROWS} ${SIZE}`);
      const { side } = await scene.next('flow.paused');
      expect(side).toBe('database');
      for (let n = 0; n < 50; n += 1) await other.run('row 1');
      expect(scene.database.sent).toBeLessThan(IN_FLIGHT);
      const [{ rows: told } = { rows: 0 }] = scene.told('result.rows');
      expect(told).toBe(1);
      expect(scene.told('result.rows').length).toBeLessThan(ROWS);
      client.resume();
      await scene.next('result.completed', 51);
      await until(() => client.received > RESULT);
      const completed = scene.told('result.completed').at(-1);
      expect(completed?.completion).toMatchObject({ rows: ROWS, bytes: RESULT });
    });
  });

  it('that leaves in the middle of a result ends its database connection, too', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.pause();
      client.send(`rows ${ROWS} ${SIZE}`);
      await scene.next('flow.paused');
      client.reset();
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('client-lost');
      await scene.empty();
      expect(scene.told('result.failed')).toHaveLength(1);
      expect(scene.told('result.completed')).toEqual([]);
    });
  });

  it('does not keep others waiting', async () => {
    await inScene({}, async (scene) => {
      const slow = await scene.session();
      slow.pause();
      slow.send(`rows ${ROWS} ${SIZE}`);
      await scene.next('flow.paused');
      const other = await scene.session('omar');
      expect(await other.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
    });
  });
});

describe('a database that reads slowly', () => {
  it('pauses its client, costs bounded memory, and gets everything once it reads', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      const [connection] = scene.database.connections;
      const other = await scene.session('omar');
      connection?.pause();
      const megabyte = 'y'.repeat(1_000_000);
      for (let n = 0; n < 64; n += 1) client.send(megabyte);
      const { side } = await scene.next('flow.paused');
      expect(side).toBe('client');
      for (let n = 0; n < 50; n += 1) await other.run('row 1');
      expect(client.unsent).toBeGreaterThan(64_000_000 - IN_FLIGHT);
      connection?.resume();
      await scene.database.heard(64 + 50);
      expect(client.unsent).toBe(0);
      for (let n = 0; n < 64; n += 1) expect(await client.line()).toMatch(/^DONE y+ idle$/);
    });
  });
});

describe('a client that sends far ahead', () => {
  it('is not read until the database has caught up', async () => {
    await inScene({ limits: { pipelineDepth: 10 } }, async (scene) => {
      const client = await scene.session();
      client.send('wait');
      await scene.database.heard(1);
      for (let n = 0; n < 11; n += 1) client.send('row 1');
      await scene.next('statement.submitted', 12);
      const megabyte = 'y'.repeat(1_000_000);
      for (let n = 0; n < 50; n += 1) client.send(megabyte);
      const other = await scene.session('omar');
      for (let n = 0; n < 50; n += 1) await other.run('row 1');
      expect(client.unsent).toBeGreaterThan(25_000_000);
      expect(scene.told('flow.paused')).toEqual([]);
      scene.database.answer();
      await scene.database.heard(1 + 11 + 50 + 50);
    });
  });
});

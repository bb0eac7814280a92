import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

const limits = 'limits: { idle_timeout: 1s, close_timeout: 1s }';

describe('an idle session', () => {
  it('is one whose client sends nothing of the data that it began to copy', async () => {
    await withWeir(backdrop, { limits }, async (running) => {
      const client = await running.rawSession();
      client.query('create temp table t (a text)');
      await client.next('Z');
      client.query('copy t from stdin');
      expect((await client.next('G')).type).toBe('G');
      expect((await client.next()).fields.get('C')).toBe('57P05');
      expect((await running.next('session.closed')).reason).toBe('idle-timeout');
    });
  });

  it('is one whose client reads nothing of its result', async () => {
    await withWeir(backdrop, { limits }, async (running) => {
      const client = await running.rawSession();
      client.pause();
      client.query("select repeat('x', 10000) from generate_series(1, 10000)");
      expect((await running.next('session.closed')).reason).toBe('idle-timeout');
    });
  });

  it('is not one whose statement takes its time', async () => {
    await withWeir(backdrop, { limits }, async (running) => {
      const client = await running.connect();
      const idle = await running.rawSession();
      const { rows } = await client.query('select pg_sleep(3), 1 as one');
      expect(rows[0].one).toBe(1);
      expect((await idle.next()).fields.get('C')).toBe('57P05');
    });
  });
});

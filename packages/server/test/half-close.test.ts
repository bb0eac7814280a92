import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { encodeMessage, type RawClient } from './raw-client.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

const query = (text: string) => encodeMessage('Q', `${text}\0`);
const copied = (text: string) => encodeMessage('d', text);
const copyDone = encodeMessage('c', '');
const goodbye = encodeMessage('X', '');

/** Parse, Bind, Execute and Sync. */
function extended(text: string): Buffer {
  return Buffer.concat([
    encodeMessage('P', `\0${text}\0\0\0`),
    encodeMessage('B', Buffer.alloc(8)),
    encodeMessage('E', Buffer.alloc(5)),
    encodeMessage('S', ''),
  ]);
}

/** The types of the messages up to the connection's end. */
async function untilClosed(client: RawClient): Promise<string> {
  let types = '';
  for (;;) {
    const { type } = await client.next();
    if (type === 'closed') return types;
    types += type;
  }
}

describe('a client that sends nothing more', () => {
  /** What it sent before in one piece, and the types of all that the server answers to it. */
  const cases: Readonly<Record<string, readonly [readonly Buffer[], string]>> = {
    'a query': [[query('select 1')], 'TDCZ'],
    'a query that takes its time': [[query('select pg_sleep(0.3)')], 'TDCZ'],
    'a text that waits for the settings': [
      [query('select pg_sleep(0.3)'), extended("select 'é'"), query("select 'ü'")],
      'TDCZ12DCZTDCZ',
    ],
    'copied data that waits for its copy': [
      [query('create temp table t (a text)'), query('copy t from stdin'), copied('a\n'), copyDone],
      'CZGCZ',
    ],
    'a query that fails, and what waits behind it': [
      [query('select 1/0'), extended("select 'é'"), extended('select 2')],
      'EZ12DCZ12DCZ',
    ],
    'a goodbye behind what waits': [
      [query('select pg_sleep(0.3)'), query("select 'é'"), goodbye],
      'TDCZTDCZ',
    ],
  };

  it.each(Object.entries(cases))('gets the answers to %s', async (_what, [sent, answered]) => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      client.send(...sent);
      client.halfClose();
      expect(await untilClosed(client)).toBe(answered);
      const { reason } = await running.next('session.closed');
      expect(reason).toBe(sent.includes(goodbye) ? 'client-quit' : 'client-lost');
      expect(await running.metric('weir_sessions')).toBe(0);
    });
  });

  it('is not waited for in a copy in which it asked about a name that is not sure', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      client.send(
        query('create temp table t (a text)'),
        query('copy t from stdin; deallocate all'),
      );
      await client.next('G');
      client.send(encodeMessage('D', 'Sa\0'));
      await running.rawSession();
      client.send(goodbye);
      client.halfClose();
      await running.next('session.closed');
      expect(await running.metric('weir_sessions')).toBe(1);
    });
  });

  it('is not waited for in a copy that it leaves open, whatever it sent behind it', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      const left = query("select 'é'");
      client.send(query('create temp table t (a text)'), query('copy t from stdin'), left);
      client.halfClose();
      expect(await untilClosed(client)).toMatch(/^CZG/);
      await running.next('session.closed');
    });
  });

  it('is not waited for in a copy where what it sent last would wait for the copy’s end', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      const unsure = query('copy t from stdin; deallocate all');
      client.send(query('create temp table t (a text)'), unsure);
      await client.next('G');
      client.send(encodeMessage('D', 'Sname\0'), goodbye);
      client.halfClose();
      expect((await client.next()).fields.get('C')).toBe('08P01');
      expect((await client.next()).fields.get('S')).toBe('FATAL');
      await running.next('session.closed');
      expect(await running.metric('weir_sessions')).toBe(0);
    });
  });
});

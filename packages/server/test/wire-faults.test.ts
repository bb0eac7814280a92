import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import type { RawClient, RawMessage } from './raw-client.ts';
import { type RunningWeir, withWeir } from './running-weir.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

const PROTOCOL = [0, 3, 0, 0];

function packet(length: number, ...bytes: readonly number[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(length);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

/** What a client reads: the SQLSTATE of the error, or that there was nothing but the end. */
const codeOf = ({ type, fields }: RawMessage): string =>
  type === 'E' ? `${fields.get('S')} ${fields.get('C')}` : type;

/** Whoever else comes is served, and nothing is left of whoever came before. */
async function expectUnharmed(running: RunningWeir): Promise<void> {
  const client = await running.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  await until(
    () => running.told('session.closed').length === running.told('session.opened').length,
  );
  expect(await running.metric('weir_sessions')).toBe(0);
  expect(await running.metric('weir_connections_pending')).toBe(0);
}

describe('bytes in place of a startup packet', () => {
  const faults: Readonly<Record<string, readonly [string, Uint8Array]>> = {
    'a request for a web page': ['closed', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    noise: ['closed', Buffer.alloc(4_096, 0xa5)],
    'a length of nothing': ['closed', packet(0, ...PROTOCOL)],
    'a negative length': ['closed', packet(-1, ...PROTOCOL)],
    'the lowest length': ['closed', packet(-2_147_483_648, ...PROTOCOL)],
    'a length that is too long': ['closed', packet(10_005, ...PROTOCOL)],
    'the longest length': ['closed', packet(2_147_483_647, ...PROTOCOL)],
    'parameters without an end': ['FATAL 08P01', packet(12, ...PROTOCOL, 117, 115, 101, 114)],
    'no parameters': ['FATAL 08P01', packet(9, ...PROTOCOL, 0)],
    'a protocol of the future': ['FATAL 0A000', packet(9, 0, 9, 0, 0, 0)],
  };

  it.each(Object.entries(faults))('such as %s end there', async (_what, [answer, bytes]) => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.raw();
      client.send(bytes);
      expect(codeOf(await client.next('E'))).toBe(answer);
      await expectUnharmed(running);
    });
  });

  it('end when their time is up if they stop half way', async () => {
    await withWeir(backdrop, { limits: 'limits: { handshake_timeout: 1s }' }, async (running) => {
      const client = await running.raw();
      client.send(packet(100, ...PROTOCOL));
      expect(codeOf(await client.next('E'))).toBe('FATAL 57014');
      expect((await running.next('session.refused')).refusal.code).toBe('handshake-timeout');
      await expectUnharmed(running);
    });
  });
});

describe('bytes in place of a password', () => {
  const faults: Readonly<Record<string, (client: RawClient) => void>> = {
    'of a negative length': (client) => client.message('p', 'x', -5),
    'of a length below its own': (client) => client.message('p', '', 3),
    'that is too long': (client) => client.message('p', '', 1_000_000),
    'that is a query': (client) => client.query('select 1'),
    'without an end': (client) => client.message('p', 'x'),
    'with something behind its end': (client) => client.message('p', 'x\0y\0'),
  };

  it.each(Object.entries(faults))('%s are a protocol violation', async (_what, send) => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.raw();
      await client.secure();
      client.startup({ user: 'ana@acme.com', database: 'orders' });
      await client.next('R');
      send(client);
      expect(codeOf(await client.next('E'))).toBe('FATAL 08P01');
      expect((await client.next('E')).type).toBe('closed');
      expect((await running.next('session.refused')).refusal.code).toBe('protocol-violation');
      await expectUnharmed(running);
    });
  });
});

describe('bytes in place of a message of a session', () => {
  const faults: Readonly<Record<string, (client: RawClient) => void>> = {
    'of a negative length': (client) => client.message('Q', 'select 1\0', -1),
    'of a length below its own': (client) => client.message('Q', '', 3),
    'of the longest length': (client) => client.message('Q', 'x', 2_147_483_647),
    'of no known type': (client) => client.message('!', 'x'),
    'without an end of its text': (client) => client.message('Q', 'select 1'),
    'that hold a second text': (client) => client.message('Q', 'select 1\0select 2\0'),
    'that are noise': (client) => client.send(Buffer.alloc(4_096, 0xa5)),
  };

  it.each(Object.entries(faults))('%s end the session', async (_what, send) => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      send(client);
      expect(codeOf(await client.next('E'))).toBe('FATAL 08P01');
      expect((await client.next('E')).type).toBe('closed');
      expect((await running.next('session.closed')).reason).toBe('protocol-violation');
      await expectUnharmed(running);
    });
  });

  it('that stop half way wait for the rest, and end with the connection', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.rawSession();
      client.message('Q', 'select', 100);
      client.reset();
      expect((await running.next('session.closed')).reason).toBe('client-lost');
      expect(running.told('statement.submitted')).toEqual([]);
      await expectUnharmed(running);
    });
  });

  it('that are longer than a statement may be are denied, and the session goes on', async () => {
    await withWeir(backdrop, { limits: 'limits: { statement_bytes: 1KiB }' }, async (running) => {
      const client = await running.rawSession();
      client.query(`select '${'x'.repeat(100_000)}'`);
      expect(codeOf(await client.next('E'))).toBe('ERROR 54000');
      await client.next('Z');
      client.query('select 1');
      expect((await client.next('D')).type).toBe('D');
      const [denied] = running.told('result.failed');
      expect(denied?.failure).toMatchObject({ cause: 'denied', code: 'over-limit' });
    });
  });
});

import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import type { RawClient } from './raw-client.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

const ANA = { user: 'ana@acme.com', database: 'orders' };

async function logIn(client: RawClient, parameters: object, password: string): Promise<void> {
  await client.secure();
  client.startup({ ...ANA, ...parameters });
  await client.next('R');
  client.password(password);
}

/** What a client does, and the SQLSTATE with which its session does not begin. */
const CASES: Readonly<Record<string, readonly [string, (client: RawClient) => Promise<void>]>> = {
  'it is not encrypted': ['28000', async (client) => client.startup(ANA)],
  'its startup packet is malformed': [
    '08P01',
    async (client) => client.send(Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0])),
  ],
  'it speaks a protocol that is not supported': [
    '0A000',
    async (client) => client.send(Buffer.from([0, 0, 0, 9, 0, 9, 0, 0, 0])),
  ],
  'it gives a setting twice': [
    '08P01',
    async (client) => {
      await client.secure();
      client.startup({ ...ANA, TimeZone: 'UTC', timezone: 'UTC' });
    },
  ],
  'it gives no password': ['28000', (client) => logIn(client, {}, '')],
  'its password is no token': ['28P01', (client) => logIn(client, {}, 'password')],
  'it chooses a setting that the target does not allow': [
    '42501',
    async (client) => logIn(client, { role: 'postgres' }, await backdrop.issuer.tokenFor('ana')),
  ],
};

describe('a client that is refused before its session', () => {
  it.each(Object.entries(CASES))(
    'reads the reference of its event when %s',
    async (_why, [code, act]) => {
      await withWeir(backdrop, {}, async (running) => {
        const client = await running.raw();
        await act(client);
        const { fields } = await client.next('E');
        const { id, refusal } = await running.next('session.refused');
        expect([fields.get('S'), fields.get('C')]).toEqual(['FATAL', code]);
        expect(fields.get('D')).toBe(`weir ref ${id}`);
        expect(refusal.ref).toBe(id);
        expect((await client.next()).type).toBe('closed');
      });
    },
  );
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { RawClient } from './raw-client.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

/** How TLS behind an SSLRequest ends for a client that offers these application protocols. */
async function offer(client: RawClient, protocols: readonly string[]): Promise<string | undefined> {
  try {
    await client.secure(protocols);
    return 'encrypted';
  } catch (error) {
    return /alert no application protocol/.exec(String(error))?.[0];
  } finally {
    client.reset();
  }
}

describe('a client that asks for TLS', () => {
  it.each([
    [[], 'encrypted'],
    [['postgresql'], 'encrypted'],
    [['h2', 'postgresql'], 'encrypted'],
    [['h2'], 'alert no application protocol'],
  ])('and offers %j is treated as by the server', async (protocols, outcome) => {
    const { server, port } = backdrop.database;
    const direct = await RawClient.connect(port, server?.tls?.ca ?? '');
    expect(await offer(direct, protocols)).toBe(outcome);
    await withWeir(backdrop, {}, async (running) => {
      expect(await offer(await running.raw(), protocols)).toBe(outcome);
    });
  });
});

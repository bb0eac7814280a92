import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { type RunningWeir, withWeir } from './running-weir.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

const COUNT = 3_000;
/** As many as a client's machine may begin at one time. */
const AT_ONCE = 250;
const LIMITS =
  'limits: { max_pending_handshakes: 4000, handshake_timeout: 5s, close_timeout: 500ms }';
/** Bytes of the heap that may be in use afterwards beyond those before, the told events included. */
const HEAP_SLACK = 8_000_000;
/** Sockets that are none of theirs: a client of the metrics keeps its own for a while. */
const FEW = 20;

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);
/** The head of a TLS record that promises a ClientHello of 508 bytes, and its first byte. */
const HALF_HELLO = Buffer.from([0x16, 3, 1, 2, 0, 1]);

/** How far a connection comes before it falls silent; `S` says that TLS may begin. */
const SILENCES: readonly ((socket: Socket) => Promise<unknown>)[] = [
  async () => undefined,
  async (socket) => socket.write(Buffer.from([0, 0, 0, 100, 0, 3])),
  (socket) => ask(socket),
  async (socket) => {
    await ask(socket);
    socket.write(HALF_HELLO);
  },
  async (socket) => socket.write(HALF_HELLO),
];

async function ask(socket: Socket): Promise<void> {
  socket.write(SSL_REQUEST);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toBe('S');
}

async function fallSilent(port: number, index: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await SILENCES[index % SILENCES.length]?.(socket);
  return socket.resume();
}

async function fillWithSilence(port: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < COUNT) {
    const first = sockets.length;
    const some = Array.from({ length: AT_ONCE }, (_, n) => fallSilent(port, first + n));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

/** Bytes of the heap in use once all garbage is gone. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this engine collects no garbage when told');
  collect();
  return process.memoryUsage().heapUsed;
}

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap').length;

async function expectServed(running: RunningWeir): Promise<void> {
  const client = await running.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  await until(() => openSessions(running) === 0);
}

const openSessions = (running: RunningWeir): number =>
  running.told('session.opened').length - running.told('session.closed').length;

describe('thousands of connections that say nothing', () => {
  it('keep nobody out, are ended when their time is up, and leave nothing', async () => {
    await withWeir(backdrop, { limits: LIMITS }, async (running) => {
      await expectServed(running);
      const before = { heap: heapInUse(), sockets: openSockets() };
      const silent = await fillWithSilence(running.port);
      expect(await running.metric('weir_connections_pending')).toBe(COUNT);
      await expectServed(running);
      expect(await running.metric('weir_connections_pending')).toBe(COUNT);
      await running.next('session.refused', COUNT);
      const codes = new Set(running.told('session.refused').map(({ refusal }) => refusal.code));
      expect([...codes]).toEqual(['handshake-timeout']);
      await until(() => silent.every(({ destroyed }) => destroyed));
      await expectServed(running);
      expect(await running.metric('weir_connections_pending')).toBe(0);
      expect(await running.metric('weir_sessions')).toBe(0);
      await until(() => openSockets() - before.sockets < FEW);
      silent.splice(0);
      expect(heapInUse() - before.heap).toBeLessThan(HEAP_SLACK);
    });
  });
});

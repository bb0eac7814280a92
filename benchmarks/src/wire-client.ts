/**
 * A client that costs next to nothing, so that what is measured is the proxy: it reads message
 * headers, counts, and throws the rest away. It can read slowly on purpose.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Certificates } from '@weir/testkit';
import { type Message, MessageCounter } from './message-counter.ts';
import type { Address } from './peer.ts';
import { message } from './protocol-messages.ts';

const PROTOCOL_3_0 = 196_608;
const SSL_REQUEST = 80_877_103;
const AUTHENTICATION_OK = 0;
const AUTHENTICATION_CLEARTEXT = 3;
const ANSWER_MS = 15_000;

/** What one query brought. */
export interface Received {
  readonly rows: number;
  /** Everything that the server sent, headers included. */
  readonly bytes: number;
}

export interface WireSession {
  /** Runs one simple query; with `bytesPerSecond` it reads no faster than that. */
  query(sql: string, bytesPerSecond?: number): Promise<Received>;
  end(): void;
}

/** Opens a session. Throws what the server says when it refuses. */
export async function openSession(address: Address, ca: Certificates): Promise<WireSession> {
  const socket = await openSocket(address, ca);
  // An idle session that is cut off says so at its next query, if there is one.
  socket.on('error', () => socket.destroy());
  const { user, database, password } = address;
  socket.write(startup({ user, database, application_name: 'weir-benchmark' }));
  await exchange(socket, undefined, ({ type, body }) => {
    if (type !== 'R') return;
    const method = body.readInt32BE(0);
    if (method === AUTHENTICATION_CLEARTEXT) socket.write(message('p', `${password}\0`));
    else if (method !== AUTHENTICATION_OK) throw new Error(`authentication method ${method}`);
  });
  return {
    query: (sql, bytesPerSecond) => {
      socket.write(message('Q', `${sql}\0`));
      return exchange(socket, bytesPerSecond, () => {});
    },
    end: () => socket.end(message('X')),
  };
}

/** Waits until a peer that has just been started takes sessions. */
export async function untilItAnswers(address: Address, ca: Certificates): Promise<void> {
  const deadline = Date.now() + ANSWER_MS;
  for (;;) {
    try {
      const session = await openSession(address, ca);
      session.end();
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error('the peer did not answer', { cause });
      await delay(20);
    }
  }
}

async function openSocket(address: Address, { ca }: Certificates): Promise<Socket> {
  const { host, port } = address;
  const socket = connectTcp({ host, port, noDelay: true });
  await once(socket, 'connect');
  if (!address.tls) return socket;
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(SSL_REQUEST, 4);
  socket.write(request);
  const [answer]: Buffer[] = await once(socket, 'data');
  if (answer?.toString('latin1') !== 'S') throw new Error('the server does not take TLS');
  const secured = connectTls({ socket, ca, host });
  await once(secured, 'secureConnect');
  return secured;
}

/** Reads up to ReadyForQuery, which ends a login as well as a simple query. */
function exchange(
  socket: Socket,
  bytesPerSecond: number | undefined,
  onMessage: (kept: Message) => void,
): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const started = performance.now();
  let failure: Error | undefined;
  const counter = new MessageCounter((kept) => {
    if (kept.type === 'E') failure = new Error(`the server said: ${errorText(kept.body)}`);
    onMessage(kept);
  });
  const onChunk = (chunk: Buffer) => {
    try {
      counter.feed(chunk);
    } catch (cause) {
      reject(cause);
    }
    if (counter.ready) finish();
    else if (bytesPerSecond !== undefined) slowDown(bytesPerSecond);
  };
  const slowDown = (rate: number) => {
    const early = (counter.bytes / rate) * 1000 - (performance.now() - started);
    if (early < 1) return;
    socket.pause();
    setTimeout(() => socket.resume(), early);
  };
  const finish = () => {
    socket.off('data', onChunk).off('close', onClose).off('error', onClose);
    if (failure === undefined) resolve({ rows: counter.rows, bytes: counter.bytes });
    else reject(failure);
  };
  const onClose = () => reject(failure ?? new Error('the connection ended early'));
  socket.on('data', onChunk).on('close', onClose).on('error', onClose);
  return promise;
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([head, body]);
}

/** The `M` field of an ErrorResponse: fields are a type byte and a zero-terminated text. */
function errorText(body: Buffer): string {
  const fields = body.toString('utf8').split('\0');
  return fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'an error without a text';
}

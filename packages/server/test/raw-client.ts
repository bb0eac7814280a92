import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What `next` answers when the connection has ended. */
export const CLOSED = {
  type: 'closed',
  body: Buffer.alloc(0),
  fields: new Map<string, string>(),
} as const;

/** A message of the server; of an error or notice, its fields by their letters. */
export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
  readonly fields: ReadonlyMap<string, string>;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);
const CANCEL_REQUEST = 80_877_102;
const HEADER_BYTES = 5;

/** A PostgreSQL client that sends whatever bytes a test wants. */
export class RawClient {
  #socket: Socket;
  readonly #ca: string;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, ca: string) {
    this.#socket = socket;
    this.#ca = ca;
    this.#listen();
  }

  static connect(port: number, ca: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new RawClient(socket, ca));
      });
    });
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** Asks for TLS and takes it. */
  async secure(alpn: readonly string[] = ['postgresql']): Promise<void> {
    this.send(SSL_REQUEST);
    while (this.#bytes.length === 0) await this.#more();
    if (this.#bytes.toString() !== 'S') throw new Error('TLS was declined');
    this.#bytes = Buffer.alloc(0);
    await this.secureAtOnce(alpn);
  }

  /** TLS from the first byte on, as `sslnegotiation=direct` has it. */
  async secureAtOnce(alpn: readonly string[] = ['postgresql']): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    await new Promise<void>((resolve, reject) => {
      const options = { socket: plain, ca: this.#ca, host: '127.0.0.1' };
      const secure = connectTls({
        ...options,
        ...(alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
      });
      secure.once('error', reject);
      secure.once('secureConnect', resolve);
      this.#socket = secure;
    });
    this.#listen();
  }

  startup(parameters: Readonly<Record<string, string>>): void {
    const texts = Object.entries(parameters).flat();
    const body = Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`);
    const head = Buffer.alloc(8);
    head.writeInt32BE(8 + body.length);
    head.writeInt32BE(196_608, 4);
    this.send(head, body);
  }

  /** Asks to cancel what another connection runs. */
  cancel(process: number, secret: number): void {
    const request = Buffer.alloc(16);
    for (const [at, word] of [16, CANCEL_REQUEST, process, secret].entries()) {
      request.writeInt32BE(word, at * 4);
    }
    this.send(request);
  }

  password(text: string): void {
    this.message('p', `${text}\0`);
  }

  query(text: string): void {
    this.message('Q', `${text}\0`);
  }

  /** A message whose length field is right, or `length`. */
  message(type: string, body: string | Uint8Array, length?: number): void {
    this.send(encodeMessage(type, body, length));
  }

  /** The next message, or the next of this type (or error, or end); those before it are skipped. */
  async next(type?: string): Promise<RawMessage> {
    for (;;) {
      const message = await this.#message();
      const last = message.type === 'E' || message === CLOSED;
      if (type === undefined || message.type === type || last) return message;
    }
  }

  /** Sends nothing more, and still reads. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Reads nothing any more, as a client that is busy with something else. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  reset(): void {
    this.#socket.destroy();
  }

  async #message(): Promise<RawMessage> {
    for (;;) {
      const length = this.#bytes.length < HEADER_BYTES ? Infinity : this.#bytes.readInt32BE(1) + 1;
      if (this.#bytes.length >= length) {
        const wire = this.#bytes.subarray(0, length);
        this.#bytes = this.#bytes.subarray(length);
        const type = wire.toString('latin1', 0, 1);
        return { type, body: wire.subarray(HEADER_BYTES), fields: fieldsOf(wire) };
      }
      if (this.#ended) return CLOSED;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#ended) resolve();
    });
  }

  #listen(): void {
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }
}

/** A message whose length field is right, or `length`. */
export function encodeMessage(type: string, body: string | Uint8Array, length?: number): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(HEADER_BYTES);
  head.write(type, 'latin1');
  head.writeInt32BE(length ?? bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

function fieldsOf(wire: Buffer): ReadonlyMap<string, string> {
  const type = wire.toString('latin1', 0, 1);
  if (type !== 'E' && type !== 'N') return new Map();
  const texts = wire.toString('utf8', HEADER_BYTES).split('\0');
  return new Map(
    texts.filter((text) => text !== '').map((text) => [text.charAt(0), text.slice(1)]),
  );
}

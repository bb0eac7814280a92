import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Fields, int32, message, startup } from './wire-bytes.ts';

/** One message that the database sent. */
export interface BackendMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** What one side wrote, in the order in which it was seen. */
export type Side = 'client' | 'database';
type Witness = (side: Side, bytes: Buffer) => void;

interface FrontendOptions {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly parameters?: Fields;
  readonly witness?: Witness;
}

/** A client that speaks the protocol message by message, as the test says. */
export class RawFrontend {
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #messages: BackendMessage[] = [];
  #wake: () => void = () => undefined;
  #witness: Witness = () => undefined;
  ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#witness('database', bytes);
      this.#read(bytes);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** Connects and logs in to a server that trusts; the witness sees what comes after the first ReadyForQuery. */
  static async login(options: FrontendOptions): Promise<{
    readonly frontend: RawFrontend;
    readonly parameters: ReadonlyMap<string, string>;
  }> {
    const socket = connect(options.port, '127.0.0.1');
    await once(socket, 'connect');
    const frontend = new RawFrontend(socket);
    const { user, database } = options;
    frontend.send(startup({ user, database, client_encoding: 'UTF8', ...options.parameters }));
    const greeting = await frontend.until('Z');
    const parameters = new Map(
      greeting.flatMap(({ type, body }): [string, string][] => {
        const [name, value] = body.toString('latin1').split('\0');
        return type === 'S' && name !== undefined && value !== undefined ? [[name, value]] : [];
      }),
    );
    frontend.#witness = options.witness ?? frontend.#witness;
    return { frontend, parameters };
  }

  send(...messages: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(messages);
    this.#witness('client', bytes);
    this.#socket.write(bytes);
  }

  /** The messages up to the `count`-th of this type, or up to the connection's end. */
  async until(type: string, count = 1): Promise<readonly BackendMessage[]> {
    for (;;) {
      const at = nth(this.#messages, type, count);
      if (at >= 0) return this.#messages.splice(0, at + 1);
      if (this.ended) return this.#messages.splice(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits for the end of the connection; what was still unread. */
  async untilEnd(): Promise<readonly BackendMessage[]> {
    return this.until('no such type');
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    let rest = Buffer.concat([this.#unread, bytes]);
    while (rest.length >= 5) {
      const end = 1 + rest.readInt32BE(1);
      if (rest.length < end) break;
      this.#messages.push({ type: rest.toString('latin1', 0, 1), body: rest.subarray(5, end) });
      rest = rest.subarray(end);
    }
    this.#unread = Buffer.from(rest);
  }
}

function nth(messages: readonly BackendMessage[], type: string, count: number): number {
  let seen = 0;
  return messages.findIndex((each) => {
    if (each.type === type) seen += 1;
    return each.type === type && seen === count;
  });
}

/** A FunctionCall with one argument; argument and result are text. */
export function functionCall(oid: number, argument: string): Buffer {
  const int16 = (value: number) => Buffer.of(value >> 8, value & 255);
  const text = Buffer.from(argument);
  return message('F', int32(oid), int16(0), int16(1), int32(text.length), text, int16(0));
}

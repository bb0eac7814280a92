import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { Lines } from './lines.ts';

/** What `line` answers when the connection has ended. */
export const CLOSED = '<closed>';

/** A client of the toy protocol over a real socket. */
export class ToyClient {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  /** What Weir said when it let this client in. */
  ready = '';
  /** Bytes that have come. */
  received = 0;
  readonly #plain: Socket;
  #socket: Socket;
  readonly #lines = new Lines();
  #waiting: ((line: string) => void)[] = [];
  #ended = false;

  private constructor(socket: Socket) {
    this.#plain = socket;
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#listen();
  }

  static connect(port: number): Promise<ToyClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new ToyClient(socket));
      });
    });
  }

  send(...lines: readonly string[]): void {
    this.#socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  raw(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** The next line, or CLOSED. */
  line(): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#tell();
    });
  }

  /** Sends a statement; its answer up to the line that ends it. */
  async run(statement: string): Promise<readonly string[]> {
    this.send(statement);
    const answer: string[] = [];
    for (;;) {
      const line = await this.line();
      answer.push(line);
      if (!line.startsWith('ROW ')) return answer;
    }
  }

  /** Logs in; answers with Weir's own answer. */
  async login(user: string, target: string, secret = `${user}-secret`): Promise<string> {
    this.send(`LOGIN ${user} ${target} ${secret}`);
    this.ready = await this.line();
    return this.ready;
  }

  /** The line that cancels what this client runs. */
  get cancelLine(): string {
    return this.ready.replace('READY', 'CANCEL');
  }

  /** Upgrades to TLS at once, without asking for it in the protocol. */
  secure(options: {
    readonly ca?: string;
    readonly maxVersion?: SecureVersion;
    readonly minVersion?: SecureVersion;
    readonly alpn?: string;
    readonly ciphers?: string;
  }): Promise<void> {
    const { ca, maxVersion, minVersion, alpn, ciphers } = options;
    const plain = this.#plain;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    return new Promise((resolve, reject) => {
      const secure = connectTls({
        socket: plain,
        ...(ca === undefined ? { rejectUnauthorized: false } : { ca, host: '127.0.0.1' }),
        ...(maxVersion === undefined ? {} : { maxVersion }),
        ...(minVersion === undefined ? {} : { minVersion }),
        ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
        ...(ciphers === undefined ? {} : { ciphers }),
      });
      this.#socket = secure;
      secure.once('error', reject);
      secure.once('secureConnect', resolve);
      this.#listen();
    });
  }

  get tlsVersion(): string | null | undefined {
    return 'getProtocol' in this.#socket && typeof this.#socket.getProtocol === 'function'
      ? this.#socket.getProtocol()
      : undefined;
  }

  /** Bytes that have not left yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends nothing more, and still reads. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Leaves without a word, in order. */
  leave(): void {
    this.#socket.destroy();
  }

  /** Leaves with a reset. */
  reset(): void {
    this.#plain.resetAndDestroy();
  }

  #listen(): void {
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk) => {
      this.received += chunk.length;
      this.#lines.add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      this.#tell();
    });
    const ended = () => {
      this.#ended = true;
      this.#tell();
    };
    this.#socket.on('end', () => {
      ended();
      this.#socket.end();
    });
    this.#socket.on('close', ended);
  }

  #tell(): void {
    while (this.#waiting.length > 0) {
      const line = this.#lines.next();
      if (line === undefined && !this.#ended) return;
      this.#waiting.shift()?.(line ?? CLOSED);
    }
  }
}

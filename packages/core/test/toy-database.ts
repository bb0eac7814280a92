import { Buffer } from 'node:buffer';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { Lines } from './lines.ts';
import { until } from './until.ts';

/** What a connecting client gets to hear. */
export type Greeting = 'accept' | 'refuse' | 'silence' | 'reset' | 'close' | 'half' | 'garbage';

const ROW_END = '\n';

/**
 * A database of lines: `rows N SIZE`, `row WORD`, `begin`, `commit`, `fail`, `wait` (for `answer` or a
 * cancel; `stubborn-wait` ignores cancels), `copy` (takes lines up to `end`), `die` and `leave` (in the middle of a row); anything else succeeds without rows.
 */
export class ToyDatabase {
  readonly statements: string[] = [];
  readonly hellos: string[] = [];
  readonly copied: string[] = [];
  readonly cancels: number[] = [];
  readonly connections = new Set<ToyDatabaseConnection>();
  greeting: Greeting = 'accept';
  /** Whether the connection of a cancel stays open when it has been heard. */
  keepCancels = false;
  /** Bytes of rows that have been handed to sockets. */
  sent = 0;
  port = 0;
  readonly #server: Server;
  #processes = 100;

  constructor(certificate?: { readonly cert: string; readonly key: string }) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#processes += 1;
      const connection = new ToyDatabaseConnection(this, socket, this.#processes, certificate);
      this.connections.add(connection);
      socket.on('error', () => undefined);
      socket.on('close', () => this.connections.delete(connection));
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.port, '127.0.0.1', () => {
        const address = this.#server.address();
        this.port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  }

  /** Takes no more connections; the open ones end. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.connections) connection.leave();
    await closed;
  }

  /** Takes no more connections; the open ones stay. */
  stopListening(): void {
    this.#server.close();
  }

  /** Ends every statement that waits. */
  answer(): void {
    for (const connection of this.connections) connection.answer('DONE waited');
  }

  cancel(process: number): void {
    this.cancels.push(process);
    for (const connection of this.connections) {
      if (connection.process === process) connection.cancel();
    }
  }

  /** Resolves when so many statements have come. */
  async heard(count: number): Promise<void> {
    await until(() => this.statements.length >= count);
  }
}

class ToyDatabaseConnection {
  readonly process: number;
  readonly #database: ToyDatabase;
  readonly #certificate: { readonly cert: string; readonly key: string } | undefined;
  readonly #lines = new Lines();
  readonly #plain: Socket;
  #socket: Socket;
  #waiting = false;
  #stubborn = false;
  #cancelled = false;
  #transaction = 'idle';
  #copying = false;

  constructor(
    database: ToyDatabase,
    socket: Socket,
    process: number,
    certificate: { readonly cert: string; readonly key: string } | undefined,
  ) {
    this.#database = database;
    this.#plain = socket;
    this.#socket = socket;
    this.process = process;
    this.#certificate = certificate;
    this.#listen();
  }

  /** Whether it carried a cancel and stays open all the same. */
  get keepsCancel(): boolean {
    return this.#cancelled;
  }

  write(text: string): boolean {
    return this.#socket.write(text);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  reset(): void {
    this.#plain.resetAndDestroy();
  }

  leave(): void {
    this.#socket.destroy();
    this.#plain.destroy();
  }

  hangUp(): void {
    this.#socket.end();
  }

  cancel(): void {
    if (!this.#stubborn) this.answer('FAIL cancelled');
  }

  answer(line: string): void {
    if (!this.#waiting) return;
    this.#stubborn = false;
    this.#waiting = false;
    this.write(`${line} ${this.#transaction}\n`);
    this.#read();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#lines.add(chunk);
      this.#read();
    });
    this.#socket.on('end', () => {
      if (!this.#cancelled) this.#socket.end();
    });
  }

  #read(): void {
    while (!this.#waiting) {
      const line = this.#lines.next();
      if (line === undefined) return;
      if (this.#copying) this.#onCopied(line);
      else this.#onLine(line);
    }
  }

  #onLine(line: string): void {
    const [word = '', first = '', second = ''] = line.split(' ');
    if (word === 'TLS') this.#startTls();
    else if (word === 'HELLO') this.#onHello(line);
    else if (word === 'CANCEL') this.#onCancel(Number(first));
    else if (word === 'QUIT') this.#socket.end();
    else {
      this.#database.statements.push(line);
      this.#onStatement(word, first, second);
    }
  }

  #onCopied(line: string): void {
    this.#database.copied.push(line);
    this.#copying = line !== 'end';
    if (!this.#copying) this.write(`DONE copy ${this.#transaction}\n`);
  }

  #onHello(line: string): void {
    this.#database.hellos.push(line);
    const { greeting } = this.#database;
    if (greeting === 'accept') this.write(`OK ${this.process}\n`);
    else if (greeting === 'refuse') this.write('NO\n');
    else if (greeting === 'garbage') this.write('\u0000\u0001\n');
    else if (greeting === 'reset') this.#plain.resetAndDestroy();
    else if (greeting === 'close') this.#socket.end();
    else if (greeting === 'half') this.#socket.end('OK 1');
  }

  #onCancel(process: number): void {
    this.#cancelled = this.#database.keepCancels;
    this.#database.cancel(process);
    if (!this.#cancelled) this.#socket.end();
  }

  #onStatement(word: string, first: string, second: string): void {
    if (word === 'rows') {
      void this.#sendRows(Number(first), Number(second));
    } else if (word === 'wait' || word === 'stubborn-wait') {
      this.#waiting = true;
      this.#stubborn = word === 'stubborn-wait';
    } else if (word === 'copy') {
      this.#copying = true;
      this.write('MORE\n');
    } else if (word === 'die') {
      this.#socket.write('ROW half', () => this.#plain.resetAndDestroy());
    } else if (word === 'leave') {
      this.#socket.end('ROW half');
    } else if (word === 'fail') {
      this.write(`FAIL 42 ${this.#transaction}\n`);
    } else {
      if (word === 'begin') this.#transaction = 'open';
      if (word === 'commit') this.#transaction = 'idle';
      const row = word === 'row' ? `ROW ${first}\n` : '';
      this.write(`${row}DONE ${word} ${this.#transaction}\n`);
    }
  }

  /** As fast as the other side reads, and no faster. */
  async #sendRows(count: number, size: number): Promise<void> {
    this.#waiting = true;
    const row = Buffer.from(`ROW ${'x'.repeat(size)}${ROW_END}`);
    for (let n = 0; n < count && !this.#socket.destroyed; n += 1) {
      this.#database.sent += row.length;
      if (!this.#socket.write(row)) {
        await new Promise<void>((resolve) => {
          const goOn = () => {
            this.#socket.off('drain', goOn).off('close', goOn);
            resolve();
          };
          this.#socket.on('drain', goOn).on('close', goOn);
        });
      }
    }
    if (!this.#socket.destroyed) this.answer('DONE rows');
  }

  #startTls(): void {
    if (this.#certificate === undefined) {
      this.write('TLS no\n');
      return;
    }
    const plain = this.#plain;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.write('TLS yes\n');
    this.#socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: createSecureContext(this.#certificate),
    });
    this.#socket.on('error', () => undefined);
    this.#listen();
  }
}

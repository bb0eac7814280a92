import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { copyRead, freeMemory, isOwnMemory, READ_BUFFER } from './chunk-memory.ts';

/**
 * One side's socket, plain or under TLS: who listens to it can change as the session goes through its
 * phases, and ending it is bounded in time.
 */

export interface PeerListener {
  bytes(chunk: Buffer): void;
  /** The peer will send nothing more. */
  ended(): void;
  /** The connection is gone, in order or not. Comes once, last. */
  closed(): void;
  /** What was written has left; more may be written. */
  drained(): void;
}

export class Peer {
  #socket: Socket | TLSSocket;
  #listener: PeerListener;
  readonly #closeTimeout: number;
  #gone = false;
  #fault: string | undefined;

  constructor(socket: Socket, listener: PeerListener, closeTimeout: number) {
    this.#socket = socket;
    this.#listener = listener;
    this.#closeTimeout = closeTimeout;
    this.#attach(socket);
  }

  /** Dials. What comes is read in the cheaper of Node's two ways, which accepted sockets lack. */
  static connect(host: string, port: number, listener: PeerListener, closeTimeout: number): Peer {
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number): boolean => {
        peer.#listener.bytes(copyRead(length));
        return true;
      },
    };
    const options = { host, port, noDelay: true, keepAlive: true, allowHalfOpen: true, onread };
    const peer = new Peer(connect(options), listener, closeTimeout);
    return peer;
  }

  get socket(): Socket | TLSSocket {
    return this.#socket;
  }

  /** The code of the error that ended the connection, as the platform or TLS has it. */
  get fault(): string | undefined {
    return this.#fault;
  }

  listen(listener: PeerListener): void {
    this.#listener = listener;
  }

  /** Puts a TLS layer on the connection; `wrap` makes it of the plain socket. */
  secure(wrap: (socket: Socket) => TLSSocket): void {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('drain');
    plain.removeAllListeners('close');
    // Flowing without a listener, it would throw away what already belongs to the TLS layer.
    plain.pause();
    const secured = wrap(plain);
    this.#socket = secured;
    this.#attach(secured);
    // A layer that never came to be must not leave its socket behind.
    plain.once('close', () => secured.destroy());
  }

  /** False when the peer does not keep up; `drained` will tell. */
  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#socket.writableEnded) return true;
    if (!isOwnMemory(bytes)) return this.#socket.write(bytes);
    return this.#socket.write(bytes, () => freeMemory(bytes));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nothing more will be written; the peer gets a bounded time to read what was and to leave. */
  end(): void {
    if (this.#gone) return;
    this.#socket.end();
    // Its end is seen only by who reads up to it.
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), this.#closeTimeout);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Nothing more will be written; what the peer still sends is read for as long as it likes. */
  halfClose(): void {
    if (!this.#gone) this.#socket.end();
  }

  /** Nothing more will be written; the connection goes as soon as what was is on its way. */
  leave(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #attach(socket: Socket | TLSSocket): void {
    socket.on('data', (chunk: Buffer) => this.#listener.bytes(chunk));
    socket.on('end', () => this.#listener.ended());
    socket.on('drain', () => this.#listener.drained());
    // The event that follows, 'close', says what is to be done.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fault ??= error.code;
    });
    socket.on('close', () => {
      if (this.#gone) return;
      this.#gone = true;
      this.#listener.closed();
    });
  }
}

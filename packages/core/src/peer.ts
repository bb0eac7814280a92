import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

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

/** Memory below this is left to the garbage collector. */
const FREED_BYTES = 16_384;

/**
 * Gives a chunk's memory back as soon as it has left. Left to the collector, the chunks of one large
 * result make it go through the whole heap every few megabytes. Only what was written whole is freed:
 * nothing else refers to such a chunk, for whatever keeps bytes keeps a part of them back.
 */
function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

export class Peer {
  #socket: Socket | TLSSocket;
  #listener: PeerListener;
  readonly #closeTimeout: number;
  #gone = false;

  constructor(socket: Socket, listener: PeerListener, closeTimeout: number) {
    this.#socket = socket;
    this.#listener = listener;
    this.#closeTimeout = closeTimeout;
    this.#attach(socket);
  }

  get socket(): Socket | TLSSocket {
    return this.#socket;
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
    if (bytes.byteLength < FREED_BYTES || bytes.byteLength < bytes.buffer.byteLength) {
      return this.#socket.write(bytes);
    }
    return this.#socket.write(bytes, () => free(bytes));
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
    // The event that follows, 'close', says all that matters.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#gone) return;
      this.#gone = true;
      this.#listener.closed();
    });
  }
}

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type {
  CancelKey,
  ClientFacts,
  Downstream,
  LoginRequest,
  ProtocolConnection,
  Refusal,
} from '@weir/contract';
import { Peer, type PeerListener } from './peer.ts';
import { secureClientSide } from './tls.ts';

/** What a handshake comes to. Exactly one of these is called, once. */
interface HandshakeOutcome {
  login(request: LoginRequest): void;
  cancel(key: CancelKey): void;
  refused(refusal: Refusal): void;
  /** There was no login in time. */
  expired(): void;
  /** The client left, or had nothing to say that is worth an event. */
  abandoned(): void;
}

interface ClientHandshakeOptions {
  readonly socket: Socket;
  readonly connection: ProtocolConnection;
  readonly secureContext: SecureContext | undefined;
  readonly timeout: number;
  readonly closeTimeout: number;
}

/**
 * The client's side of a connection until it has logged in: feeds the plugin's machine, upgrades to
 * TLS, and bounds the time. After the login it keeps what the client sends for the relay.
 */
export class ClientHandshake implements PeerListener {
  readonly peer: Peer;
  readonly #machine: Downstream;
  readonly #options: ClientHandshakeOptions;
  readonly #outcome: HandshakeOutcome;
  readonly #address: string;
  readonly #port: number;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;
  #tls: string | undefined;
  #onLeft: (() => void) | undefined;

  constructor(options: ClientHandshakeOptions, outcome: HandshakeOutcome) {
    this.#options = options;
    this.#outcome = outcome;
    this.#address = options.socket.remoteAddress ?? '';
    this.#port = options.socket.remotePort ?? 0;
    this.peer = new Peer(options.socket, this, options.closeTimeout);
    this.#machine = options.connection.makeDownstream({
      send: (bytes) => {
        this.peer.write(bytes);
      },
      secure: (received, alpn) => this.#secure(received, alpn),
      login: (request) => this.#settle(() => outcome.login(request)),
      cancel: (key) => this.#settle(() => outcome.cancel(key)),
      refused: (refusal) => this.#settle(() => outcome.refused(refusal)),
      close: () => this.peer.destroy(),
    });
    this.#timer = setTimeout(() => this.#settle(() => outcome.expired()), options.timeout);
  }

  /** What is known of the client so far. */
  facts(application?: string): ClientFacts {
    return {
      address: this.#address,
      port: this.#port,
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      ...(application === undefined ? {} : { application }),
    };
  }

  /** Calls `left` when the client goes away while it waits to be let in. */
  whileWaiting(left: () => void): void {
    this.#onLeft = left;
  }

  /** Lets the client in. Answers with what it sent meanwhile. */
  accept(key: CancelKey): Uint8Array {
    this.#machine.accept(key);
    return this.#machine.takeReceived();
  }

  refuse(refusal: Refusal): void {
    this.#settle(() => undefined);
    this.#guard(() => this.#machine.refuse(refusal));
    this.peer.end();
  }

  bytes(chunk: Buffer): void {
    this.#guard(() => this.#machine.receive(chunk));
  }

  ended(): void {
    this.peer.destroy();
  }

  closed(): void {
    if (this.#settled) this.#onLeft?.();
    else this.#settle(() => this.#outcome.abandoned());
  }

  drained(): void {}

  #secure(received: Uint8Array, alpn: string | undefined): void {
    const { secureContext } = this.#options;
    if (secureContext === undefined) {
      this.peer.destroy();
      return;
    }
    this.peer.secure((socket) => {
      if (received.length > 0) socket.unshift(Buffer.from(received));
      return secureClientSide(socket, secureContext, alpn, (facts) => {
        this.#tls = facts.version;
        this.#guard(() => this.#machine.secured(facts));
      });
    });
  }

  /** The first outcome counts. */
  #settle(tell: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    tell();
  }

  /** A machine that threw has lost its place in the stream; nothing it says can be trusted. */
  #guard(step: () => void): void {
    try {
      step();
    } catch {
      this.peer.destroy();
    }
  }
}

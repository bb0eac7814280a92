import type { Socket } from 'node:net';
import type {
  Refusal,
  SecuredFacts,
  Upstream,
  UpstreamActions,
  UpstreamLink,
  UpstreamMachine,
} from '@weir/contract';
import { Peer, type PeerListener } from './peer.ts';
import { isOfCertificate, secureDatabaseSide } from './tls.ts';

/** A database connection that is ready for statements. */
export interface DialedDatabase {
  readonly peer: Peer;
  readonly link: UpstreamLink;
  /** Bytes that came behind the handshake. */
  readonly received: Uint8Array;
}

export interface DialOptions {
  readonly upstream: Upstream;
  readonly makeMachine: (actions: UpstreamActions) => UpstreamMachine;
  readonly timeout: number;
  readonly closeTimeout: number;
}

interface DialOutcome {
  /** The caller's listener takes the peer over within the call. */
  ready(database: DialedDatabase): void;
  /** `cause` is a code of the platform's, of TLS or of the database's own, where there is one. */
  failed(refusal: Refusal, cause?: string): void;
}

const UNREACHABLE: Refusal = {
  code: 'upstream-unreachable',
  message: 'the database cannot be reached',
  hint: 'Weir could not connect to it; its operators can see why in the log.',
};

const NOT_TRUSTED: Refusal = {
  code: 'upstream-refused',
  message: "the database's certificate does not pass the target's check",
  hint: 'Weir did not log in there; its operators can see why in the log.',
};

/** What the platform calls these two; there is no error of its own that says so. */
const TIMED_OUT = 'ETIMEDOUT';
const ENDED = 'EOF';

/**
 * Connects to a database and runs the plugin's machine until it is ready. Settles exactly once. Throws
 * when the plugin cannot make the machine: nothing has been dialed then.
 */
export class Dial implements PeerListener {
  readonly #peer: Peer;
  readonly #machine: UpstreamMachine;
  readonly #options: DialOptions;
  readonly #outcome: DialOutcome;
  readonly #timer: NodeJS.Timeout;
  #settled = false;

  constructor(options: DialOptions, outcome: DialOutcome) {
    this.#options = options;
    this.#outcome = outcome;
    this.#machine = options.makeMachine({
      send: (bytes) => {
        this.#peer.write(bytes);
      },
      secure: (alpn) => this.#secure(alpn),
      ready: (link, received) => this.#ready(link, received),
      failed: (refusal, cause) => this.abort(refusal, cause),
    });
    const { host, port } = options.upstream;
    this.#peer = Peer.connect(host, port, this, options.closeTimeout);
    this.#timer = setTimeout(() => this.abort(UNREACHABLE, TIMED_OUT), options.timeout);
    this.#peer.socket.once('connect', () => this.#guard(() => this.#machine.start()));
  }

  /** Gives up, for the reason that the outcome is told. */
  abort(refusal: Refusal, cause?: string): void {
    if (this.#settle()) {
      this.#peer.destroy();
      this.#outcome.failed(refusal, cause);
    }
  }

  bytes(chunk: Buffer): void {
    this.#guard(() => this.#machine.receive(chunk));
  }

  ended(): void {
    this.abort(UNREACHABLE, ENDED);
  }

  closed(): void {
    const { socket, fault = ENDED } = this.#peer;
    this.abort(isOfCertificate(fault, socket) ? NOT_TRUSTED : UNREACHABLE, fault);
  }

  drained(): void {}

  #ready(link: UpstreamLink, received: Uint8Array): void {
    if (this.#settle()) this.#outcome.ready({ peer: this.#peer, link, received });
  }

  #secure(alpn: string | undefined): void {
    const secured = (facts: SecuredFacts) => this.#guard(() => this.#machine.secured(facts));
    this.#peer.secure((socket: Socket) =>
      secureDatabaseSide(socket, this.#options.upstream, alpn, secured),
    );
  }

  #guard(step: () => void): void {
    if (this.#settled) return;
    try {
      step();
    } catch {
      this.abort({ code: 'upstream-refused', message: 'the database broke the protocol' });
    }
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    return true;
  }
}

import { Buffer } from 'node:buffer';
import {
  type AuthorizedSession,
  type CancelKey,
  CONTRACT_VERSION,
  type ConnectionOptions,
  type Downstream,
  type DownstreamActions,
  type ProtocolConnection,
  type ProtocolPlugin,
  type Refusal,
  Secret,
  type SecuredFacts,
  type UpstreamActions,
  type UpstreamMachine,
} from '@weir/contract';
import { Lines } from './lines.ts';
import { ToyRelay } from './toy-relay.ts';
import { type BreakAt, encodeRefusal, type Fault } from './toy-words.ts';

/**
 * A protocol of lines that no database speaks: what core does, it must do for this one, too.
 *
 *   client    TLS | LOGIN user target secret | CANCEL process secret, then one statement a line, QUIT
 *   Weir      TLS yes | TLS no | READY process secret | ERR code ref message
 *   database  HELLO user database is answered OK process | NO; a statement by rows, then DONE or FAIL
 */

export interface ToyOptions {
  readonly faults?: readonly Fault[];
  readonly contract?: number;
  readonly protocol?: string;
}

/** First byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;
const SECRET_BYTES = 8;
const NOTHING = new Uint8Array(0);

export function toy(options: ToyOptions = {}): ProtocolPlugin {
  const { contract = CONTRACT_VERSION, protocol = 'toy', faults = [] } = options;
  const breakAt = (fault: Fault): void => {
    if (faults.includes(fault)) throw new Error(`broken at ${fault}`);
  };
  return {
    manifest: { protocol, contract, defaultPort: 1 },
    makeConnection: (connection) => {
      breakAt('makeConnection');
      return makeConnection(connection, breakAt);
    },
  };
}

function makeConnection(options: ConnectionOptions, breakAt: BreakAt): ProtocolConnection {
  const state = { process: 0 };
  return {
    makeDownstream: (actions) => {
      breakAt('makeDownstream');
      return new ToyDownstream(options, actions, breakAt);
    },
    dialUpstream: (session, actions) => {
      breakAt('dialUpstream');
      return new ToyUpstream(session, state, actions, breakAt);
    },
    makeRelay: (actions) => {
      breakAt('makeRelay');
      return new ToyRelay(actions, options.limits, breakAt);
    },
    makeCancel: (actions) => {
      breakAt('makeCancel');
      return new ToyCancel(state, actions);
    },
  };
}

class ToyDownstream implements Downstream {
  readonly #options: ConnectionOptions;
  readonly #actions: DownstreamActions;
  readonly #breakAt: BreakAt;
  readonly #lines = new Lines();
  #phase: 'opening' | 'securing' | 'waiting' | 'over' = 'opening';
  #untouched = true;
  #encrypted = false;

  constructor(options: ConnectionOptions, actions: DownstreamActions, breakAt: BreakAt) {
    this.#options = options;
    this.#actions = actions;
    this.#breakAt = breakAt;
  }

  receive(chunk: Uint8Array): void {
    this.#breakAt('receive');
    if (this.#phase === 'over') return;
    if (this.#phase === 'securing') {
      this.#actions.close();
    } else if (this.#untouched && chunk[0] === TLS_HANDSHAKE) {
      this.#phase = 'securing';
      this.#actions.secure(chunk, 'toy');
    } else {
      this.#untouched = false;
      this.#lines.add(chunk);
      this.#read();
    }
  }

  secured(_facts: SecuredFacts): void {
    this.#breakAt('secured');
    this.#encrypted = true;
    this.#untouched = false;
    this.#phase = 'opening';
  }

  accept(key: CancelKey): void {
    this.#breakAt('accept');
    const secret = Buffer.from(key.secret).toString('hex');
    this.#actions.send(Buffer.from(`READY ${key.process} ${secret}\n`));
  }

  takeReceived(): Uint8Array {
    return this.#lines.takeRest();
  }

  refuse(refusal: Refusal): void {
    this.#breakAt('refuse login');
    if (this.#phase === 'over') return;
    if (this.#phase !== 'securing') this.#actions.send(encodeRefusal(refusal));
    this.#phase = 'over';
  }

  #read(): void {
    while (this.#phase === 'opening') {
      const line = this.#lines.next();
      if (line === undefined) return;
      this.#onLine(line.split(' '));
    }
  }

  #onLine([word, ...rest]: readonly string[]): void {
    if (word === 'TLS') this.#onTls();
    else if (word === 'LOGIN') this.#onLogin(rest);
    else if (word === 'CANCEL') this.#onCancel(rest);
    else this.#refuseSelf({ code: 'protocol-violation', message: 'not this protocol' });
  }

  #onTls(): void {
    if (!this.#options.tlsAvailable) {
      this.#actions.send(Buffer.from('TLS no\n'));
    } else if (this.#lines.takeRest().length > 0) {
      this.#actions.close();
    } else {
      this.#phase = 'securing';
      this.#actions.send(Buffer.from('TLS yes\n'));
      this.#actions.secure(NOTHING);
    }
  }

  #onLogin([user = '', database = '', secret = '']: readonly string[]): void {
    if (this.#options.tlsRequired && !this.#encrypted) {
      this.#refuseSelf({ code: 'tls-required', message: 'not encrypted' });
      return;
    }
    this.#phase = 'waiting';
    this.#actions.login({ user, database, secret: new Secret(secret), application: 'toy-client' });
  }

  #onCancel([process, secret = '']: readonly string[]): void {
    this.#phase = 'over';
    this.#actions.cancel({ process: Number(process), secret: Buffer.from(secret, 'hex') });
  }

  #refuseSelf(refusal: Refusal): void {
    this.#actions.refused(refusal);
  }
}

/** Asks for TLS where the target wants it. */
class ToyUpstream implements UpstreamMachine {
  readonly #session: AuthorizedSession;
  readonly #state: { process: number };
  readonly #actions: UpstreamActions;
  readonly #breakAt: BreakAt;
  readonly #lines = new Lines();

  constructor(
    session: AuthorizedSession,
    state: { process: number },
    actions: UpstreamActions,
    breakAt: BreakAt,
  ) {
    this.#session = session;
    this.#state = state;
    this.#actions = actions;
    this.#breakAt = breakAt;
  }

  start(): void {
    if (this.#session.target.upstream.tls === 'disable') this.#greet();
    else this.#actions.send(Buffer.from('TLS\n'));
  }

  secured(): void {
    this.#greet();
  }

  receive(chunk: Uint8Array): void {
    this.#breakAt('greeting');
    this.#lines.add(chunk);
    const line = this.#lines.next();
    if (line === undefined) return;
    const [word, process] = line.split(' ');
    if (word === 'TLS') {
      this.#actions.secure();
    } else if (word === 'OK') {
      this.#state.process = Number(process);
      const link = { process: this.#state.process, cancelSecretBytes: SECRET_BYTES };
      this.#actions.ready(link, this.#lines.takeRest());
    } else {
      const cause = word === 'NO' ? word : undefined;
      this.#actions.failed({ code: 'upstream-refused', message: 'the database said no' }, cause);
    }
  }

  #greet(): void {
    const { target, database } = this.#session;
    this.#actions.send(Buffer.from(`HELLO ${target.upstream.user} ${database}\n`));
  }
}

class ToyCancel implements UpstreamMachine {
  readonly #state: { readonly process: number };
  readonly #actions: UpstreamActions;

  constructor(state: { readonly process: number }, actions: UpstreamActions) {
    this.#state = state;
    this.#actions = actions;
  }

  start(): void {
    const { process } = this.#state;
    this.#actions.send(Buffer.from(`CANCEL ${process}\n`));
    this.#actions.ready({ process, cancelSecretBytes: SECRET_BYTES }, NOTHING);
  }

  receive(): void {}

  secured(): void {}
}

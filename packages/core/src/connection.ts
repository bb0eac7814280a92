import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import {
  type AuthFailure,
  type AuthorizedSession,
  type CancelKey,
  type LoginRequest,
  type Principal,
  type ProtocolConnection,
  type ProtocolPlugin,
  principalKey,
  type Refusal,
} from '@weir/contract';
import { authorise } from './authorised-session.ts';
import { cancelDialer } from './cancel-dial.ts';
import { ClientHandshake } from './client-handshake.ts';
import { Dial, type DialedDatabase } from './dial.ts';
import type { EngineState } from './engine-state.ts';
import type { Admission } from './gate.ts';
import { Session } from './session.ts';
import { SHUTTING_DOWN } from './session-end.ts';
import { makeUlid } from './ulid.ts';

interface ConnectionInput {
  readonly socket: Socket;
  readonly plugin: ProtocolPlugin;
  readonly machines: ProtocolConnection;
  readonly secureContext: SecureContext | undefined;
}

type Admitted = Admission & { admitted: true };

/** What the event about a refusal says beyond what the client reads. */
interface RefusalCause {
  readonly principal?: Principal;
  readonly failure?: AuthFailure;
  readonly cause?: string | undefined;
}

/**
 * One accepted connection on its way to being a session: handshake, the gate's session order, dialing
 * the database. From then on the session has it.
 */
export class Connection {
  readonly #input: ConnectionInput;
  readonly #engine: EngineState;
  readonly #id: string;
  readonly #acceptedAt: number;
  readonly #handshake: ClientHandshake;
  #requested: LoginRequest | undefined;
  #loggedInAt = 0;
  #dial: Dial | undefined;
  #counted: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #over = false;

  constructor(input: ConnectionInput, engine: EngineState) {
    this.#input = input;
    this.#engine = engine;
    this.#acceptedAt = engine.now();
    this.#id = makeUlid(this.#acceptedAt);
    this.#handshake = new ClientHandshake(
      {
        socket: input.socket,
        connection: input.machines,
        secureContext: input.secureContext,
        timeout: engine.limits.handshakeTimeout,
        closeTimeout: engine.limits.closeTimeout,
      },
      {
        login: (request) => void this.#login(request).catch(() => this.refuse(INTERNAL)),
        cancel: (key) => this.#cancel(key),
        refused: (refusal) => this.refuse(refusal),
        expired: () => this.refuse(TOO_SLOW),
        abandoned: () => this.#finish(),
      },
    );
    engine.pending.add(this);
  }

  /** Ends the connection before it is a session. */
  refuse(refusal: Refusal, cause: RefusalCause = {}): void {
    if (this.#over) return;
    const referenced = { ...refusal, ref: this.#id };
    this.#handshake.refuse(referenced);
    this.#refused(referenced, cause);
  }

  evict(refusal: Refusal): void {
    this.refuse(refusal);
    this.#handshake.peer.leave();
  }

  #cancel(key: CancelKey): void {
    const { cancelKeys, events, now } = this.#engine;
    this.#finish();
    this.#handshake.peer.end();
    const session = cancelKeys.find(key);
    if (session !== undefined) {
      session.cancel();
      return;
    }
    const { protocol } = this.#input.plugin.manifest;
    const client = this.#handshake.facts();
    events.emit({ type: 'cancel.unmatched', protocol, client, at: now() });
  }

  async #login(request: LoginRequest): Promise<void> {
    const { gate, limits, sessions, admitting, pending } = this.#engine;
    this.#requested = request;
    pending.delete(this);
    admitting.add(this);
    this.#loggedInAt = this.#engine.now();
    this.#handshake.whileWaiting(() => this.#finish());
    if (this.#engine.draining) {
      this.refuse(SHUTTING_DOWN);
      return;
    }
    if (sessions.size + admitting.size > limits.maxConnections) {
      this.refuse(FULL);
      return;
    }
    this.#deadline = setTimeout(() => this.refuse(TOO_SLOW), limits.dialTimeout);
    const { protocol } = this.#input.plugin.manifest;
    const client = this.#handshake.facts(request.application);
    const admission = await gate.admit(request, protocol, client);
    clearTimeout(this.#deadline);
    if (this.#over) return;
    if (admission.admitted) this.#admit(admission);
    else this.refuse(admission.refusal, admission);
  }

  #admit(admission: Admitted): void {
    const { limits, principals } = this.#engine;
    const key = principalKey(admission.principal);
    if (principals.get(key) >= limits.maxConnectionsPerPrincipal) {
      this.refuse(FULL_FOR_PRINCIPAL, admission);
      return;
    }
    principals.add(key);
    this.#counted = key;
    this.#dialDatabase(admission);
  }

  #dialDatabase(admission: Admitted): void {
    const { limits, now } = this.#engine;
    const { machines, plugin } = this.#input;
    const facts = authorise(admission, {
      id: this.#id,
      protocol: plugin.manifest.protocol,
      client: this.#handshake.facts(this.#requested?.application),
    });
    this.#dial = new Dial(
      {
        upstream: admission.target.upstream,
        makeMachine: (actions) => machines.dialUpstream(facts, actions),
        timeout: limits.dialTimeout - (now() - this.#loggedInAt),
        closeTimeout: limits.closeTimeout,
      },
      {
        failed: (refusal, cause) => this.refuse(refusal, { principal: admission.principal, cause }),
        ready: (database) => this.#begin(facts, database, admission),
      },
    );
  }

  /** From here on the session is counted, not the connection. */
  #begin(facts: AuthorizedSession, database: DialedDatabase, admission: Admitted): void {
    const engine = this.#engine;
    const session = this.#makeSession(facts, database, admission);
    if (session === undefined) return;
    const { link } = database;
    const key = engine.cancelKeys.issue(link.process, link.cancelSecretBytes, session);
    const counted = this.#counted;
    this.#counted = undefined;
    engine.sessions.add(session);
    forgetWhenClosed(session, key, counted, engine);
    this.#finish();
    const at = engine.now();
    engine.events.emit({
      type: 'session.opened',
      session: facts,
      at,
      timings: {
        authenticate: admission.authenticatedAt - this.#loggedInAt,
        dial: at - admission.authenticatedAt,
        total: at - this.#acceptedAt,
      },
    });
    session.begin(() => this.#handshake.accept(key));
  }

  /** Nothing when the client has gone, or when the plugin cannot carry its session. */
  #makeSession(
    facts: AuthorizedSession,
    database: DialedDatabase,
    admission: Admitted,
  ): Session | undefined {
    const { gate, events, limits, now } = this.#engine;
    const { machines } = this.#input;
    try {
      return new Session({
        facts,
        connection: machines,
        gate: gate.forSession(facts, admission.policy),
        events,
        client: this.#handshake.peer,
        database,
        now,
        dialCancel: cancelDialer(machines, admission.target.upstream, limits),
      });
    } catch {
      database.peer.destroy();
      this.refuse(INTERNAL, admission);
      return undefined;
    }
  }

  #refused(refusal: Refusal, { principal, failure, cause }: RefusalCause = {}): void {
    if (this.#over) return;
    this.#finish();
    this.#engine.events.emit({
      type: 'session.refused',
      id: this.#id,
      protocol: this.#input.plugin.manifest.protocol,
      client: this.#handshake.facts(this.#requested?.application),
      at: this.#engine.now(),
      refusal,
      ...(failure === undefined ? {} : { failure }),
      ...(cause === undefined ? {} : { cause }),
      ...(principal === undefined ? {} : { principal }),
      ...(this.#requested === undefined ? {} : { requested: this.#requested.database }),
    });
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#deadline);
    this.#dial?.abort(GONE);
    this.#engine.pending.delete(this);
    this.#engine.admitting.delete(this);
    if (this.#counted !== undefined) this.#engine.principals.remove(this.#counted);
    this.#counted = undefined;
    this.#engine.changed();
  }
}

/** Apart from the connection, so that what the login needed can go while the session lives. */
function forgetWhenClosed(
  session: Session,
  key: CancelKey,
  counted: string | undefined,
  engine: EngineState,
): void {
  session.whenClosed(() => {
    engine.sessions.delete(session);
    engine.cancelKeys.revoke(key);
    if (counted !== undefined) engine.principals.remove(counted);
    engine.changed();
  });
}

const INTERNAL: Refusal = { code: 'internal', message: 'the session could not be set up' };

const TOO_SLOW: Refusal = { code: 'handshake-timeout', message: 'login took too long' };

const FULL: Refusal = {
  code: 'too-many-connections',
  message: 'too many connections',
  hint: 'Close connections, or ask for a higher limits.max_connections.',
};

const FULL_FOR_PRINCIPAL: Refusal = {
  code: 'too-many-connections',
  message: 'you have too many connections',
  hint: 'Close some, or ask for a higher limits.max_connections_per_principal.',
};

const GONE: Refusal = { code: 'upstream-lost', message: 'the client left' };

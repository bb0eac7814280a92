import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import {
  type LoginRequest,
  type Principal,
  type ProtocolConnection,
  type ProtocolPlugin,
  principalKey,
  type Refusal,
} from '@weir/contract';
import { authorise } from './authorised-session.ts';
import { ClientHandshake } from './client-handshake.ts';
import { Dial, type DialedDatabase } from './dial.ts';
import type { EngineState } from './engine-state.ts';
import type { Admission } from './gate.ts';
import { Session } from './session.ts';
import { makeUlid } from './ulid.ts';

export interface ConnectionInput {
  readonly socket: Socket;
  readonly plugin: ProtocolPlugin;
  readonly machines: ProtocolConnection;
  readonly secureContext: SecureContext | undefined;
}

type Admitted = Admission & { admitted: true };

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
  #over = false;

  constructor(input: ConnectionInput, engine: EngineState) {
    this.#input = input;
    this.#engine = engine;
    this.#acceptedAt = engine.now();
    this.#id = makeUlid(this.#acceptedAt);
    engine.pending.add(this);
    this.#handshake = new ClientHandshake(
      {
        socket: input.socket,
        connection: input.machines,
        secureContext: input.secureContext,
        timeout: engine.limits.handshakeTimeout,
        closeTimeout: engine.limits.closeTimeout,
      },
      {
        login: (request) => void this.#login(request),
        cancel: (key) => {
          engine.cancelKeys.find(key)?.cancel();
          this.#finish();
          this.#handshake.peer.end();
        },
        refused: (refusal) => this.#refused(refusal),
        abandoned: () => this.#finish(),
      },
    );
  }

  /** Ends the connection before it is a session. */
  refuse(refusal: Refusal): void {
    if (this.#over) return;
    this.#handshake.refuse(refusal);
    this.#refused(refusal);
  }

  async #login(request: LoginRequest): Promise<void> {
    const { gate, limits, sessions, principals } = this.#engine;
    this.#requested = request;
    this.#engine.pending.delete(this);
    this.#engine.admitting.add(this);
    this.#loggedInAt = this.#engine.now();
    this.#handshake.whileWaiting(() => this.#left());
    const { protocol } = this.#input.plugin.manifest;
    const client = this.#handshake.facts(request.application);
    const admission = await gate.admit(request, protocol, client);
    if (this.#over) return;
    if (!admission.admitted) {
      this.#refuseWithRef(admission.refusal, admission.principal);
      return;
    }
    const key = principalKey(admission.principal);
    const full = sessions.size + this.#engine.admitting.size > limits.maxConnections;
    if (full || principals.get(key) >= limits.maxConnectionsPerPrincipal) {
      this.#refuseWithRef(full ? FULL : FULL_FOR_PRINCIPAL, admission.principal);
      return;
    }
    principals.add(key);
    this.#counted = key;
    this.#dialDatabase(admission);
  }

  #dialDatabase(admission: Admitted): void {
    const { limits } = this.#engine;
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
        timeout: limits.dialTimeout,
        closeTimeout: limits.closeTimeout,
      },
      {
        failed: (refusal) => {
          if (!this.#over) this.#refuseWithRef(refusal, admission.principal);
        },
        ready: (database) => this.#begin(facts, database, admission),
      },
    );
  }

  #begin(
    facts: Parameters<ProtocolConnection['dialUpstream']>[0],
    database: DialedDatabase,
    admission: Admitted,
  ): void {
    const engine = this.#engine;
    if (this.#over) {
      database.peer.destroy();
      return;
    }
    const counted = this.#counted;
    this.#counted = undefined;
    this.#finish();
    const session = new Session({
      facts,
      connection: this.#input.machines,
      gate: engine.gate.forSession(facts),
      events: engine.events,
      client: this.#handshake.peer,
      database,
      now: engine.now,
      dialCancel: (done) => this.#dialCancel(admission, done),
      onClosed: () => {
        engine.sessions.delete(session);
        engine.cancelKeys.revoke(key);
        if (counted !== undefined) engine.principals.remove(counted);
        engine.changed();
      },
    });
    const { link } = database;
    const key = engine.cancelKeys.issue(link.process, link.cancelSecretBytes, session);
    engine.sessions.add(session);
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
    session.begin(this.#handshake.accept(key));
    if (engine.draining) session.drain();
  }

  /** The cancel is over when the database has closed the cancel's own connection. */
  #dialCancel(admission: Admitted, done: () => void): void {
    const { limits } = this.#engine;
    new Dial(
      {
        upstream: admission.target.upstream,
        makeMachine: (actions) => this.#input.machines.makeCancel(actions),
        timeout: limits.dialTimeout,
        closeTimeout: limits.closeTimeout,
      },
      {
        failed: done,
        ready: ({ peer }) => {
          peer.listen({ bytes: () => {}, ended: () => {}, closed: done, drained: () => {} });
          peer.end();
        },
      },
    );
  }

  #refuseWithRef(refusal: Refusal, principal: Principal | undefined): void {
    const referenced = { ...refusal, ref: this.#id };
    this.#handshake.refuse(referenced);
    this.#refused(referenced, principal);
  }

  #refused(refusal: Refusal, principal?: Principal): void {
    if (this.#over) return;
    this.#finish();
    this.#engine.events.emit({
      type: 'session.refused',
      id: this.#id,
      protocol: this.#input.plugin.manifest.protocol,
      client: this.#handshake.facts(this.#requested?.application),
      at: this.#engine.now(),
      refusal,
      ...(principal === undefined ? {} : { principal }),
      ...(this.#requested === undefined ? {} : { requested: this.#requested.database }),
    });
  }

  /** The client went away while it was being let in. */
  #left(): void {
    if (this.#over) return;
    this.#finish();
    this.#dial?.abort(GONE);
  }

  #finish(): void {
    this.#over = true;
    this.#engine.pending.delete(this);
    this.#engine.admitting.delete(this);
    if (this.#counted !== undefined) this.#engine.principals.remove(this.#counted);
    this.#counted = undefined;
    this.#engine.changed();
  }
}

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

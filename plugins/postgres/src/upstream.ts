import { Buffer } from 'node:buffer';
import {
  type AuthorizedSession,
  DecodeError,
  type Refusal,
  type SecuredFacts,
  type UpstreamActions,
  type UpstreamMachine,
} from '@weir/contract';
import { DatabaseAuthentication } from './auth/database-authentication.ts';
import type { SaltedPasswords } from './auth/salted-passwords.ts';
import { cancelSecretBytes, type HandshakeState } from './handshake-state.ts';
import { HandshakeType } from './protocol/backend-encode.ts';
import {
  checkFirstReadyForQuery,
  checkNegotiateProtocolVersion,
  decodeAuthentication,
  decodeBackendKeyData,
  decodeParameterStatus,
  decodeSqlstate,
} from './protocol/handshake-decode.ts';
import { type HandshakeMessage, HandshakeStream } from './protocol/handshake-stream.ts';
import { Backend } from './protocol/messages.ts';
import { encodeStartup, type StartupParameter } from './protocol/startup.ts';
import { databaseRefusal, upstreamRefused } from './refusals.ts';
import { judgeStartupSettings } from './startup-settings.ts';
import { UpstreamEncryption } from './upstream-encryption.ts';

/** Longest message of a database before it is ready, its length field included. */
const MESSAGE_BYTES = 65_536;
/** All that a database may say between AuthenticationOk and its first ReadyForQuery. */
const GREETING_BYTES = 65_536;

/** What every upstream machine of the plugin shares. */
interface UpstreamMeans {
  readonly randomBytes: (length: number) => Uint8Array;
  readonly saltedPasswords: SaltedPasswords;
}

type Phase = 'encrypting' | 'authenticating' | 'greeting' | 'done';

/**
 * The handshake with a database: encryption, startup with the settings that the policy lets pass,
 * authentication with the target's account, and the greeting, which goes to the client by way of the
 * shared state. It carries no statement. Protocol 3.0 is spoken on this side whatever the client
 * speaks: nothing of 3.2 but longer cancel keys would differ.
 */
export class PostgresUpstream implements UpstreamMachine {
  readonly #session: AuthorizedSession;
  readonly #state: HandshakeState;
  readonly #actions: UpstreamActions;
  readonly #means: UpstreamMeans;
  readonly #encryption: UpstreamEncryption;
  readonly #stream = new HandshakeStream();
  readonly #reported = new Map<string, string>();
  #phase: Phase = 'encrypting';
  #settings: readonly StartupParameter[] = [];
  #authentication: DatabaseAuthentication | undefined;
  #questioned = false;
  #greeting: Buffer[] = [];
  #greetingBytes = 0;

  constructor(
    session: AuthorizedSession,
    state: HandshakeState,
    means: UpstreamMeans,
    actions: UpstreamActions,
  ) {
    this.#session = session;
    this.#state = state;
    this.#means = means;
    this.#actions = actions;
    this.#encryption = new UpstreamEncryption(session.target.upstream.tls, {
      send: (bytes) => actions.send(bytes),
      secure: (alpn) => actions.secure(alpn),
      agreed: (facts) => this.#sendStartup(facts),
      failed: (message) => this.#fail(upstreamRefused(message)),
    });
  }

  start(): void {
    const judgement = judgeStartupSettings(this.#state.parameters, this.#session.target);
    if (!judgement.allowed) {
      this.#fail(judgement.refusal);
      return;
    }
    this.#settings = judgement.settings;
    this.#state.replication = judgement.settings.some(([name]) => name === 'replication');
    this.#state.tls = this.#session.target.upstream.tls;
    this.#encryption.start();
  }

  receive(chunk: Uint8Array): void {
    if (this.#phase === 'done' || chunk.length === 0) return;
    if (this.#encryption.pending) {
      this.#encryption.receive(chunk);
      return;
    }
    this.#stream.push(chunk);
    try {
      this.#readMessages();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#fail(upstreamRefused(`the database broke the protocol: ${error.message}`));
    }
  }

  secured(facts: SecuredFacts): void {
    this.#encryption.secured(facts);
  }

  #sendStartup(facts: SecuredFacts | undefined): void {
    const { upstream } = this.#session.target;
    this.#authentication = new DatabaseAuthentication(
      { user: upstream.user, password: upstream.password },
      {
        tls: upstream.tls,
        encrypted: facts !== undefined,
        certificate: facts?.peerCertificate,
      },
      this.#means.randomBytes,
      this.#means.saltedPasswords,
    );
    this.#phase = 'authenticating';
    const address: StartupParameter[] = [
      ['user', upstream.user],
      ['database', this.#session.database],
    ];
    this.#actions.send(encodeStartup([...address, ...this.#settings]));
  }

  #readMessages(): void {
    while (this.#phase === 'authenticating' || this.#phase === 'greeting') {
      const message = this.#stream.message(MESSAGE_BYTES);
      if (message === undefined) return;
      if (message.type === Backend.ErrorResponse) {
        const sqlstate = decodeSqlstate(message.body);
        this.#fail(databaseRefusal(sqlstate), sqlstate);
      } else if (this.#phase === 'authenticating') {
        this.#onAuthentication(message);
      } else {
        this.#onGreeting(message);
      }
    }
  }

  #onAuthentication(message: HandshakeMessage): void {
    if (message.type === HandshakeType.NegotiateProtocolVersion && !this.#questioned) {
      checkNegotiateProtocolVersion(message.body);
      return;
    }
    if (message.type !== HandshakeType.Authentication || this.#authentication === undefined) {
      throw unexpected(message);
    }
    this.#questioned = true;
    const step = this.#authentication.next(decodeAuthentication(message.body));
    if (step.kind === 'reply') this.#actions.send(step.bytes);
    else if (step.kind === 'failed') this.#fail(upstreamRefused(step.message));
    else if (step.kind === 'authenticated') this.#phase = 'greeting';
  }

  #onGreeting(message: HandshakeMessage): void {
    switch (message.type) {
      case Backend.ParameterStatus:
        this.#reported.set(...decodeParameterStatus(message.body));
        this.#keepGreeting(message.wire);
        break;
      case Backend.NoticeResponse:
        this.#keepGreeting(message.wire);
        break;
      case HandshakeType.BackendKeyData:
        this.#state.databaseKey = decodeBackendKeyData(message.body);
        break;
      case Backend.ReadyForQuery:
        checkFirstReadyForQuery(message.body);
        this.#finish(message.wire);
        break;
      default:
        throw unexpected(message);
    }
  }

  #keepGreeting(wire: Buffer): void {
    this.#greetingBytes += wire.length;
    if (this.#greetingBytes > GREETING_BYTES) throw new DecodeError('the greeting is too long');
    this.#greeting.push(wire);
  }

  #finish(readyForQuery: Buffer): void {
    this.#phase = 'done';
    this.#state.greeting = Buffer.concat(this.#greeting);
    this.#state.readyForQuery = Uint8Array.from(readyForQuery);
    this.#state.reported = this.#reported;
    this.#greeting = [];
    this.#actions.ready(
      {
        process: this.#state.databaseKey?.process ?? 0,
        cancelSecretBytes: cancelSecretBytes(this.#state),
      },
      this.#stream.takeUnread(),
    );
  }

  #fail(refusal: Refusal, cause?: string): void {
    this.#phase = 'done';
    this.#greeting = [];
    this.#actions.failed(refusal, cause);
  }
}

function unexpected(message: HandshakeMessage): DecodeError {
  return new DecodeError(`unexpected message type ${message.type}`);
}

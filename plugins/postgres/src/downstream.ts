import { Buffer } from 'node:buffer';
import {
  type CancelKey,
  type ConnectionOptions,
  DecodeError,
  type Downstream,
  type DownstreamActions,
  type Refusal,
  Secret,
  type SecuredFacts,
  WeirError,
} from '@weir/contract';
import { readAskedTarget } from './asked-target.ts';
import { type HandshakeState, releaseHandshake } from './handshake-state.ts';
import {
  ACCEPTED,
  DECLINED,
  encodeAuthenticationCleartextPassword,
  encodeAuthenticationOk,
  encodeBackendKeyData,
  encodeNegotiateProtocolVersion,
} from './protocol/backend-encode.ts';
import { decodeUtf8 } from './protocol/field-reader.ts';
import { type HandshakeMessage, HandshakeStream } from './protocol/handshake-stream.ts';
import { Frontend } from './protocol/messages.ts';
import {
  decodeFirstPacket,
  decodeStartup,
  LONGEST_PACKET,
  parameterValue,
  protocolNumber,
  readsAncientErrors,
  SHORTEST_PACKET,
  type StartupParameter,
  type StartupRequest,
  unsupportedVersionText,
} from './protocol/startup.ts';
import {
  encodeAncientRefusal,
  encodeNoCredential,
  encodeNotSupported,
  encodeRefusal,
} from './refusals.ts';

/** First byte of a TLS record that carries a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;
const ALPN = 'postgresql';
/** Longest PasswordMessage, its length field included. */
const PASSWORD_BYTES = 65_536;
/** Bytes that a client may send behind its password before it is told that it is in. */
const PIPELINED_BYTES = 65_536;
/** Pieces that these bytes are kept in before they are joined. */
const PIPELINED_PIECES = 64;
const NOTHING = Buffer.alloc(0);

interface Login {
  readonly user: string;
  readonly database: string;
  readonly application: string | undefined;
  /** What to do instead, when there is no such target. */
  readonly hint: string | undefined;
}

/**
 * `opening` reads startup packets, `securing` waits for TLS, `password` for the password, `waiting`
 * for core's answer; in `accepted` bytes are kept for the relay, in `done` nothing is read any more.
 */
type Phase = 'opening' | 'securing' | 'password' | 'waiting' | 'accepted' | 'done';

/**
 * The handshake with a client: encryption, startup parameters and password, in the order of the
 * server of PostgreSQL 18 (src/backend/tcop/backend_startup.c). It decides nothing about the login
 * and reads no statement; `takeReceived` gives what came early to the relay.
 */
export class PostgresDownstream implements Downstream {
  readonly #options: ConnectionOptions;
  readonly #state: HandshakeState;
  readonly #actions: DownstreamActions;
  readonly #stream = new HandshakeStream();
  #phase: Phase = 'opening';
  #untouched = true;
  #direct = false;
  #encrypted = false;
  #sslAnswered = false;
  #gssAnswered = false;
  #login: Login | undefined;
  #encodeRefusal: (refusal: Refusal) => Buffer = encodeRefusal;
  #pipelined: Buffer[] = [];
  #pipelinedBytes = 0;

  constructor(options: ConnectionOptions, state: HandshakeState, actions: DownstreamActions) {
    this.#options = options;
    this.#state = state;
    this.#actions = actions;
  }

  receive(chunk: Uint8Array): void {
    if (this.#phase === 'done' || chunk.length === 0) return;
    if (this.#phase === 'securing') {
      // Nothing may come between the request for TLS and TLS itself: it could be injected.
      this.#close();
    } else if (this.#phase === 'waiting' || this.#phase === 'accepted') {
      this.#keepPipelined(chunk);
    } else if (this.#untouched && chunk[0] === TLS_HANDSHAKE) {
      this.#startDirectTls(chunk);
    } else {
      this.#read(chunk);
    }
  }

  secured(facts: SecuredFacts): void {
    if (this.#phase === 'done') return;
    if (this.#phase !== 'securing') throw invariant('TLS was established but not asked for');
    // Clients from before PostgreSQL 17 ask for TLS first and offer no application protocol.
    const agreed = facts.alpn === ALPN || (facts.alpn === undefined && !this.#direct);
    this.#encrypted = true;
    this.#phase = 'opening';
    if (!agreed) this.#close();
  }

  accept(key: CancelKey): void {
    if (this.#phase !== 'waiting') throw invariant('a client that did not log in was accepted');
    const size = key.secret.length;
    const holds = this.#state.minor >= 2 ? size >= 4 && size <= 256 : size === 4;
    if (!holds) throw invariant('the cancel secret does not fit the protocol version');
    this.#phase = 'accepted';
    this.#actions.send(
      Buffer.concat([
        encodeAuthenticationOk(),
        this.#state.greeting,
        encodeBackendKeyData(key),
        this.#state.readyForQuery,
      ]),
    );
    releaseHandshake(this.#state);
  }

  refuse(refusal: Refusal): void {
    if (this.#phase === 'done' || this.#phase === 'accepted') return;
    // Between the two ends of a TLS handshake there is no way to say anything.
    const said = this.#withHint(refusal);
    if (this.#phase !== 'securing') this.#actions.send(this.#encodeRefusal(said));
    this.#end();
  }

  /** Takes what the client sent behind its password, in anticipation of being let in. */
  takeReceived(): Uint8Array {
    const received = Buffer.concat(this.#pipelined);
    this.#pipelined = [];
    this.#pipelinedBytes = 0;
    return received;
  }

  #withHint(refusal: Refusal): Refusal {
    const hint = this.#login?.hint;
    return refusal.code === 'target-unavailable' && hint !== undefined
      ? { ...refusal, hint }
      : refusal;
  }

  #read(chunk: Uint8Array): void {
    this.#untouched = false;
    this.#stream.push(chunk);
    try {
      if (this.#phase === 'opening') this.#readPackets();
      if (this.#phase === 'password') this.#readPassword();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#violate(error.message);
    }
  }

  #startDirectTls(chunk: Uint8Array): void {
    if (!this.#options.tlsAvailable) {
      this.#close();
      return;
    }
    this.#untouched = false;
    this.#direct = true;
    this.#phase = 'securing';
    this.#actions.secure(chunk, ALPN);
  }

  #readPackets(): void {
    while (this.#phase === 'opening') {
      const packet = this.#nextPacket();
      if (packet === undefined) return;
      this.#onPacket(packet);
    }
  }

  /** The server closes without a word on a length that no startup packet has: it is another protocol. */
  #nextPacket(): Buffer | undefined {
    try {
      return this.#stream.packet(SHORTEST_PACKET, LONGEST_PACKET);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#close();
      return undefined;
    }
  }

  #onPacket(packet: Buffer): void {
    const first = decodeFirstPacket(packet);
    switch (first.kind) {
      case 'ssl':
        if (this.#sslAnswered) this.#refuseVersion(1234, 5679);
        else this.#answerSsl();
        break;
      case 'gssenc':
        if (this.#gssAnswered) this.#refuseVersion(1234, 5680);
        else this.#answerGssenc();
        break;
      case 'cancel':
        this.#end();
        if (first.key === undefined) this.#actions.close();
        else this.#actions.cancel(first.key);
        break;
      case 'unsupported':
        this.#refuseVersion(first.major, first.minor);
        break;
      case 'startup':
        this.#onStartup(decodeStartup(first.body, first.minor));
    }
  }

  #answerSsl(): void {
    if (this.#closedForEarlyBytes()) return;
    this.#sslAnswered = true;
    if (!this.#options.tlsAvailable || this.#encrypted) {
      this.#actions.send(DECLINED);
      return;
    }
    this.#gssAnswered = true;
    this.#phase = 'securing';
    this.#actions.send(ACCEPTED);
    this.#actions.secure(NOTHING, ALPN);
  }

  #answerGssenc(): void {
    if (this.#closedForEarlyBytes()) return;
    this.#gssAnswered = true;
    this.#actions.send(DECLINED);
  }

  /** A client waits for the answer to its encryption request; bytes behind it are not the client's. */
  #closedForEarlyBytes(): boolean {
    const early = this.#stream.takeUnread().length > 0;
    if (early) this.#close();
    return early;
  }

  #onStartup(request: StartupRequest): void {
    this.#negotiate(request);
    const user = parameterValue(request.parameters, 'user') ?? '';
    if (user === '') this.#violate('no user name in the startup packet');
    else if (!this.#encrypted && this.#options.tlsRequired) this.#refuseSelf(tlsRequired());
    else this.#askPassword(user, request.parameters);
  }

  #negotiate(request: StartupRequest): void {
    this.#state.minor = request.minor;
    this.#state.parameters = request.parameters.filter(([name]) => !isAddress(name));
    if (request.negotiate) {
      const version = protocolNumber(request.minor);
      this.#actions.send(encodeNegotiateProtocolVersion(version, request.unrecognised));
    }
  }

  #askPassword(user: string, parameters: readonly StartupParameter[]): void {
    const { database, hint } = readAskedTarget(parameters);
    const application = parameterValue(parameters, 'application_name');
    this.#login = { user, database, application, hint };
    this.#phase = 'password';
    this.#actions.send(encodeAuthenticationCleartextPassword());
  }

  #readPassword(): void {
    const message = this.#stream.message(PASSWORD_BYTES);
    if (message === undefined || this.#login === undefined) return;
    const login = this.#login;
    const password = decodePassword(message);
    if (password === '') {
      this.#refuseSelf(noPassword(), encodeNoCredential);
      return;
    }
    this.#phase = 'waiting';
    if (this.#keepPipelined(this.#stream.takeUnread())) this.#onPassword(login, password);
  }

  #onPassword(login: Login, password: string): void {
    this.#actions.login({
      user: login.user,
      database: login.database,
      secret: new Secret(password),
      ...(login.application === undefined ? {} : { application: login.application }),
    });
  }

  #keepPipelined(chunk: Uint8Array): boolean {
    this.#pipelinedBytes += chunk.length;
    if (this.#pipelinedBytes > PIPELINED_BYTES) {
      this.#close();
      return false;
    }
    this.#pipelined.push(Buffer.from(chunk));
    if (this.#pipelined.length > PIPELINED_PIECES)
      this.#pipelined = [Buffer.concat(this.#pipelined)];
    return true;
  }

  #refuseVersion(major: number, minor: number): void {
    const message = unsupportedVersionText(major, minor);
    const encode = readsAncientErrors(major) ? encodeAncientRefusal : encodeNotSupported;
    this.#refuseSelf({ code: 'protocol-violation', message }, encode);
  }

  #violate(message: string): void {
    this.#refuseSelf({ code: 'protocol-violation', message });
  }

  /** Core gives it back to `refuse`, with its reference. */
  #refuseSelf(refusal: Refusal, encode = encodeRefusal): void {
    this.#encodeRefusal = encode;
    this.#actions.refused(refusal);
  }

  #close(): void {
    this.#end();
    this.#actions.close();
  }

  #end(): void {
    this.#phase = 'done';
    this.#pipelined = [];
    this.#pipelinedBytes = 0;
  }
}

/** The password of a PasswordMessage: one string, and nothing behind it. */
function decodePassword(message: HandshakeMessage): string {
  if (message.type !== Frontend.Password) {
    throw new DecodeError(`expected password response, got message type ${message.type}`);
  }
  const end = message.body.indexOf(0);
  if (end < 0 || end !== message.body.length - 1) throw new DecodeError('invalid password message');
  return decodeUtf8(message.body.subarray(0, end));
}

/** Parameters that say where to go; the target's own take their place. */
function isAddress(name: string): boolean {
  return name === 'user' || name === 'database';
}

function tlsRequired(): Refusal {
  return {
    code: 'tls-required',
    message: 'this connection is not encrypted, and a password is only taken over TLS',
    hint: 'Connect with sslmode=require or stronger.',
  };
}

function noPassword(): Refusal {
  return {
    code: 'not-authenticated',
    message: 'no password was given',
    hint: 'Give a token as the password.',
  };
}

function invariant(message: string): WeirError {
  return new WeirError('ERR_ENGINE_INVARIANT', message);
}

import type { BatchForm, ColumnView } from './events.ts';
import type { Refusal } from './refusal.ts';
import type { Secret } from './secret.ts';
import type { AuthorizedSession } from './session.ts';
import type { Completion, Failure, Statement, StatementDraft } from './statement.ts';
import type { Denial, Verdict } from './verdict.ts';

/** The version of this contract. A plugin made for another major version is refused at start. */
export const CONTRACT_VERSION = 1;

export interface PluginManifest {
  /** The protocol's name, as `weir.yaml` says it under `listen` and `targets.*.protocol`. */
  readonly protocol: string;
  readonly contract: number;
  /** The port that the protocol's clients try when they are told none. */
  readonly defaultPort: number;
}

/** Limits that a protocol machine keeps; each is a line of docs/configuration.md. */
export interface MachineLimits {
  /** Bytes of one statement's text; a longer one is denied. */
  readonly statementBytes: number;
  /** Statements in one query string; a string with more is denied. */
  readonly statementsPerQuery: number;
  /** Bytes of text that one session's prepared statements may hold together. */
  readonly preparedBytes: number;
  /** Messages that a client may send ahead of the answers; beyond it the client is paused. */
  readonly pipelineDepth: number;
}

/** A factory of per-connection machines. It holds no state of its own. */
export interface ProtocolPlugin {
  readonly manifest: PluginManifest;
  /** The machines of one client connection. */
  makeConnection(options: ConnectionOptions): ProtocolConnection;
}

export interface ConnectionOptions {
  /** Whether this listener has a certificate to offer. */
  readonly tlsAvailable: boolean;
  /** Whether a login is only taken over TLS. */
  readonly tlsRequired: boolean;
  readonly limits: MachineLimits;
  /** Random bytes; tests give their own. */
  readonly randomBytes: (length: number) => Uint8Array;
}

/** The machines of one client connection, in the order in which core needs them. They do no I/O. */
export interface ProtocolConnection {
  /** Faces the client until the session is ready. */
  makeDownstream(actions: DownstreamActions): Downstream;
  /** Faces the database until it is ready. Takes the gate's proof, so nothing dials without it. */
  dialUpstream(session: AuthorizedSession, actions: UpstreamActions): UpstreamMachine;
  /** Carries statements and results once both sides are ready. */
  makeRelay(actions: RelayActions): Relay;
  /** A short connection of its own that cancels what is running on this session's database. */
  makeCancel(actions: UpstreamActions): UpstreamMachine;
}

/** How an established TLS layer looks to a machine. */
export interface SecuredFacts {
  readonly version: string;
  /** The application protocol that ALPN agreed on. */
  readonly alpn?: string;
  /** The peer's certificate, DER; absent when the peer showed none. */
  readonly peerCertificate?: Uint8Array;
}

/** What a client asks for when it logs in. */
export interface LoginRequest {
  readonly user: string;
  readonly secret: Secret;
  /** The target and, after a slash, another database on its server. */
  readonly database: string;
  readonly application?: string;
}

/** A client's request to stop what another of its connections is running. */
export interface CancelKey {
  readonly process: number;
  readonly secret: Uint8Array;
}

/** The machine that faces the client until the session is ready. */
export interface Downstream {
  receive(chunk: Uint8Array): void;
  secured(facts: SecuredFacts): void;
  /** The database is ready: tell the client so. `key` is the cancel key that the client will hold. */
  accept(key: CancelKey): void;
  /** What the client sent behind its login, before it was accepted: it belongs to the relay. */
  takeReceived(): Uint8Array;
  /** Ends the handshake with an error in the client's own protocol, and with its reference. */
  refuse(refusal: Refusal): void;
}

export interface DownstreamActions {
  send(bytes: Uint8Array): void;
  /**
   * Starts TLS. `received` are bytes that already belong to the TLS layer; with `alpn` a client that
   * offers application protocols must offer this one.
   */
  secure(received: Uint8Array, alpn?: string): void;
  login(request: LoginRequest): void;
  /** The whole purpose of this connection: cancel, then close without a word. */
  cancel(key: CancelKey): void;
  /** Refused by the machine itself: `refuse` gives it back at once, with its reference, to be said. */
  refused(refusal: Refusal): void;
  /** Ends the connection: the client left, or there is nothing to say to it. */
  close(): void;
}

/** The machine that faces the database until it is ready. */
export interface UpstreamMachine {
  start(): void;
  receive(chunk: Uint8Array): void;
  secured(facts: SecuredFacts): void;
}

export interface UpstreamActions {
  send(bytes: Uint8Array): void;
  /** Starts TLS towards the database, as the target's mode says. */
  secure(alpn?: string): void;
  /** Done. `received` are bytes that came after the handshake and belong to the relay. */
  ready(link: UpstreamLink, received: Uint8Array): void;
  /** `cause` is the code with which the database said so, where it did; never its text. */
  failed(refusal: Refusal, cause?: string): void;
}

/** What core needs to know of a database connection that is ready. */
export interface UpstreamLink {
  /** The server's own number for this connection. */
  readonly process: number;
  /** How many bytes of cancel secret this client's protocol version can hold. */
  readonly cancelSecretBytes: number;
}

/** Carries statements and results. Bytes in, actions out; it never waits. */
export interface Relay {
  fromClient(chunk: Uint8Array): void;
  fromDatabase(chunk: Uint8Array): void;
  /** The decision on the statement that is held. */
  release(verdict: Verdict, ref?: string): void;
  /**
   * Ends the session with an error in the client's own protocol, if the client can still read one and
   * the database has not just ended the session with one of its own.
   */
  refuse(refusal: Refusal): void;
  /** The connection to one side ended: every open statement ends, too. */
  disconnected(): void;
  /** Whether the database works on something of this session's right now. */
  readonly running: boolean;
  /** Whether what runs there waits for more from the client, as a bulk copy does for its data. */
  readonly clientsTurn: boolean;
  /**
   * Whether nothing is under way, no transaction is open, not even one that the protocol implies, and
   * the session can end unnoticed.
   */
  readonly quiet: boolean;
  /**
   * Whether messages of the client's are kept back until the database has answered more, which it
   * will without another byte of the client's.
   */
  readonly parked: boolean;
}

/** A statement and the decision on it; a denial comes with the reference that the client is told. */
export interface DecidedStatement {
  readonly statement: Statement;
  readonly verdict: Verdict;
  readonly ref?: string;
}

/** A statement whose decision takes time: `release` will bring it. */
export interface HeldStatement {
  readonly statement: Statement;
  readonly verdict: 'held';
}

export type Submission = DecidedStatement | HeldStatement;

export interface RelayActions {
  toClient(bytes: Uint8Array): void;
  toDatabase(bytes: Uint8Array): void;
  submit(draft: StatementDraft): Submission;
  /**
   * Asks about text that the database is to keep for later runs. Nothing runs, so nothing is told
   * unless it is denied; the statement of an allowed answer has no number.
   */
  prepare(draft: StatementDraft): Submission;
  /** A denial that the machine itself must make: the statement cannot be read. */
  deny(draft: StatementDraft, denial: Denial): DecidedStatement;
  columns(statement: Statement, view: ColumnView): void;
  rows(statement: Statement, form: BatchForm, rows: number, wire: Uint8Array): void;
  completed(statement: Statement, completion: Completion): void;
  failed(statement: Statement, failure: Failure): void;
  /** Nothing is under way any more, and no transaction is open. */
  quieted(): void;
  /** Too far ahead of the database: stop (or go on) reading from the client. */
  throttle(paused: boolean): void;
  /** The client said goodbye. */
  quit(): void;
  /** The client or the database broke the protocol: the session is over. */
  violated(refusal: Refusal): void;
}

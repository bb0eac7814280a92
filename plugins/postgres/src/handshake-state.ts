import { Buffer } from 'node:buffer';
import type { CancelKey, TlsMode } from '@weir/contract';
import type { StartupParameter } from './protocol/startup.ts';

const NOTHING = Buffer.alloc(0);
const NOTHING_REPORTED: ReadonlyMap<string, string> = new Map();

/**
 * What the two handshakes of one connection tell each other: the downstream machine writes what the
 * client asked for, the upstream machine what the database answered. Each machine replaces its
 * fields once; afterwards the relay and the cancel machine only read.
 */
export interface HandshakeState {
  /** The minor version of protocol 3 that is spoken with the client. */
  minor: number;
  /** The client's startup parameters, without `user`, `database` and protocol options. */
  parameters: readonly StartupParameter[];
  /** Whether the database is asked for a replication connection. */
  replication: boolean;
  /** How the database is reached; the cancel machine reaches it the same way. */
  tls: TlsMode;
  /** ParameterStatus and NoticeResponse messages of the database, as they came. */
  greeting: Uint8Array;
  /** The database's first ReadyForQuery, as it came. */
  readyForQuery: Uint8Array;
  /** The last value of each setting that the database reported, such as standard_conforming_strings. */
  reported: ReadonlyMap<string, string>;
  /** The database's own cancel key; absent when it gave none. */
  databaseKey?: CancelKey;
}

/** Both sides are ready: what only the handshakes needed can go. */
export function releaseHandshake(state: HandshakeState): void {
  state.parameters = [];
  state.greeting = NOTHING;
  state.readyForQuery = NOTHING;
  state.reported = NOTHING_REPORTED;
}

/** The state before either handshake began. */
export function makeHandshakeState(): HandshakeState {
  return {
    minor: 0,
    parameters: [],
    replication: false,
    tls: 'verify-full',
    greeting: NOTHING,
    readyForQuery: NOTHING,
    reported: NOTHING_REPORTED,
  };
}

/** How many bytes of cancel secret a client can hold: 4 before protocol 3.2, which allows up to 256. */
export function cancelSecretBytes(state: HandshakeState): number {
  return state.minor >= 2 ? 32 : 4;
}

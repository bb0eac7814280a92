/** What every contender has in common: it stands in front of one database and costs something. */
import type { Certificates } from '@weir/testkit';

/** Where a client connects, and as whom. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Whether the client encrypts its connection. */
  readonly tls: boolean;
}

export interface PeerSetting {
  /** The database itself; every peer reaches it without TLS, over loopback. */
  readonly database: Address;
  /** What the peer shows to clients; the same for all. */
  readonly certificates: Certificates;
  /** Whether clients of this instance must use TLS. */
  readonly tls: boolean;
  /** A folder for this run's files, removed with it. Other accounts can read it. */
  readonly folder: string;
  /** Sessions that clients will hold at once, at most. */
  readonly sessions: number;
}

export interface RunningPeer {
  readonly address: Address;
  /** The process whose cost counts; absent for the direct connection. */
  readonly pid?: number;
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  start(setting: PeerSetting): Promise<RunningPeer>;
}

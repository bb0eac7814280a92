import {
  CONTRACT_VERSION,
  type ConnectionOptions,
  type PluginManifest,
  type ProtocolConnection,
  type ProtocolPlugin,
} from '@weir/contract';
import { SaltedPasswords } from './auth/salted-passwords.ts';
import { PostgresCancel } from './cancel.ts';
import { PostgresDownstream } from './downstream.ts';
import { makeHandshakeState } from './handshake-state.ts';
import { PostgresRelay } from './relay/relay.ts';
import { PostgresUpstream } from './upstream.ts';

const MANIFEST: PluginManifest = {
  protocol: 'postgres',
  contract: CONTRACT_VERSION,
  defaultPort: 5432,
};

/** The PostgreSQL wire protocol, version 3, both sides. */
export function postgres(): ProtocolPlugin {
  const saltedPasswords = new SaltedPasswords();
  return {
    manifest: MANIFEST,
    makeConnection: (options) => makeConnection(options, saltedPasswords),
  };
}

function makeConnection(
  options: ConnectionOptions,
  saltedPasswords: SaltedPasswords,
): ProtocolConnection {
  const { limits, randomBytes } = options;
  const state = makeHandshakeState();
  return {
    makeDownstream: (actions) => new PostgresDownstream(options, state, actions),
    dialUpstream: (session, actions) =>
      new PostgresUpstream(session, state, { randomBytes, saltedPasswords }, actions),
    makeRelay: (actions) =>
      new PostgresRelay({
        actions,
        limits,
        random: randomBytes,
        parameters: state.reported,
        replication: state.replication,
      }),
    makeCancel: (actions) => new PostgresCancel(state, actions),
  };
}

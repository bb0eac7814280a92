import { constants } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { SecuredFacts, Upstream } from '@weir/contract';

/** A certificate and its private key, PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What both roles insist on: no version below 1.2, no renegotiation. */
const POLICY = {
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

/** Throws when certificate and key do not fit. */
export function makeServerContext(certificate: ServerCertificate): tls.SecureContext {
  return tls.createSecureContext({ ...certificate, ...POLICY });
}

/** Ends in exactly one of `secured` and, when the handshake fails, the returned socket's `close`. */
export function secureClientSide(
  socket: Socket,
  secureContext: tls.SecureContext,
  alpn: string | undefined,
  secured: (facts: SecuredFacts) => void,
): tls.TLSSocket {
  const secure = new tls.TLSSocket(socket, {
    isServer: true,
    secureContext,
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  // A TLS error after the handshake reaches a socket of this kind as this event alone.
  secure.on('_tlsError', destroyIt);
  secure.once('secure', () => secured(factsOf(secure)));
  return secure;
}

/** Towards a database, as strict as the target's mode says (the modes are libpq's `sslmode`). */
export function secureDatabaseSide(
  socket: Socket,
  upstream: Upstream,
  alpn: string | undefined,
  secured: (facts: SecuredFacts) => void,
): tls.TLSSocket {
  const { host, tls: mode, ca } = upstream;
  const verify = mode === 'verify-ca' || mode === 'verify-full';
  const secure = tls.connect({
    socket,
    ...POLICY,
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: takeAnyName }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  secure.once('secureConnect', () => secured(factsOf(secure)));
  return secure;
}

// What a socket keeps for as long as it lives is a function by itself: one made on the spot would keep
// with it whatever else was made there, and so the whole login.

function destroyIt(this: tls.TLSSocket): void {
  this.destroy();
}

function takeAnyName(): undefined {}

/** Whether this is the fault that the check of the database's certificate ended in. */
export function isOfCertificate(fault: string, socket: Socket | tls.TLSSocket): boolean {
  // Where the mode does not check, it is noted all the same, but it is not what ends the connection.
  return 'authorizationError' in socket && String(socket.authorizationError) === fault;
}

function factsOf(socket: tls.TLSSocket): SecuredFacts {
  const alpn = socket.alpnProtocol;
  const peer = socket.getPeerX509Certificate();
  return {
    version: socket.getProtocol() ?? 'unknown',
    ...(typeof alpn === 'string' ? { alpn } : {}),
    ...(peer === undefined ? {} : { peerCertificate: peer.raw }),
  };
}

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { text } from './downstream-play.ts';
import { SIGNED_CERTIFICATES } from './fixtures/signed-certificates.ts';
import type { UpstreamDeed } from './upstream-play.ts';
import {
  backendKey,
  int32,
  message,
  parameterStatus,
  READY,
  report,
  SSL_REQUEST,
  startup,
} from './wire-bytes.ts';

/** What transcripts of the handshake with a database have in common. */

const [signed] = SIGNED_CERTIFICATES;
export const CERTIFICATE = Buffer.from(signed?.der ?? '', 'base64');
export const BINDING = createHash('sha256').update(CERTIFICATE).digest();
export const SECURED = { version: 'TLSv1.3', peerCertificate: CERTIFICATE };

export const STARTUP = startup({ user: 'weir', database: 'orders' });
const KEY = backendKey(4711, Buffer.from('abcd'));
export const GREETING = Buffer.concat([
  parameterStatus('server_version', '15.18'),
  report('N', { S: 'WARNING', V: 'WARNING', C: '01000', M: 'collation version mismatch' }),
  parameterStatus('standard_conforming_strings', 'on'),
  KEY,
  READY,
]);
export const ASK_MD5 = message('R', int32(5), Buffer.from([1, 2, 3, 4]));
export const ASK_CLEARTEXT = message('R', int32(3));

export const started: UpstreamDeed = { send: text(STARTUP) };
export const ready: UpstreamDeed = { ready: 4711, secretBytes: 4, left: '' };
export const requested: UpstreamDeed = { send: text(SSL_REQUEST) };
export const secure: UpstreamDeed = { secure: 'postgresql' };

export function failed(words: string): UpstreamDeed {
  return { failed: 'upstream-refused', message: words };
}

export function broke(words: string): UpstreamDeed {
  return failed(`the database broke the protocol: ${words}`);
}

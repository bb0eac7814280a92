import type { Buffer } from 'node:buffer';
import { type DownstreamDeed, REF, text } from './downstream-play.ts';
import { ASK_PASSWORD, fatal } from './wire-bytes.ts';

/** What transcripts of the handshake with a client have in common. */

export const ANA = { user: 'ana@acme.com', database: 'orders' };
export const LOGIN: DownstreamDeed = {
  login: 'ana@acme.com',
  secret: 'token',
  database: 'orders',
  application: undefined,
};
export const TLS = { version: 'TLSv1.3' };
export const ALPN = { ...TLS, alpn: 'postgresql' };
export const SECURE: DownstreamDeed = { secure: '', alpn: 'postgresql' };
export const CLOSED: readonly DownstreamDeed[] = [{ closed: true }];
export const REQUIRED = { tlsRequired: true };
export const NO_TLS = { tlsAvailable: false };

export const asked: DownstreamDeed = { send: text(ASK_PASSWORD) };

export function refused(
  code: string,
  sqlstate: string,
  words: string,
  hint?: string,
): DownstreamDeed[] {
  const detail = { D: `weir ref ${REF}` };
  const error = fatal(sqlstate, words, hint === undefined ? detail : { ...detail, H: hint });
  return [{ send: text(error) }, { refused: code }];
}

export const violated = (words: string) => refused('protocol-violation', '08P01', words);
export const unsupported = (version: string) =>
  refused(
    'protocol-violation',
    '0A000',
    `unsupported frontend protocol ${version}: server supports 3.0 to 3.2`,
  );

/** The first deed of a list, joined behind bytes that were sent just before. */
export function after(before: Buffer, deeds: readonly DownstreamDeed[]): DownstreamDeed[] {
  const [first, ...rest] = deeds;
  if (first === undefined || !('send' in first)) return [{ send: text(before) }, ...deeds];
  return [{ send: text(before) + first.send }, ...rest];
}

import type { Buffer } from 'node:buffer';
import type { Denial, DenialCode, Refusal, RefusalCode } from '@weir/contract';
import { encodeAncientError, encodeErrorResponse } from './protocol/backend-encode.ts';

/** How each refusal is said to a PostgreSQL client: its SQLSTATE, as the server uses it. */
const REFUSAL_SQLSTATE: Readonly<Record<RefusalCode, string>> = {
  'tls-required': '28000', // invalid_authorization_specification
  'not-authenticated': '28P01', // invalid_password
  'target-unavailable': '3D000', // invalid_catalog_name
  'setting-forbidden': '42501', // insufficient_privilege
  'replication-forbidden': '42501',
  'too-many-connections': '53300', // too_many_connections
  // The server cancels an authentication that takes too long with query_canceled.
  'handshake-timeout': '57014',
  'upstream-unreachable': '08006', // connection_failure
  'upstream-refused': '08004', // sqlserver_rejected_establishment_of_sqlconnection
  'upstream-lost': '08006',
  'protocol-violation': '08P01', // protocol_violation
  'idle-timeout': '57P05', // idle_session_timeout
  'shutting-down': '57P01', // admin_shutdown
  'session-revoked': '57P01',
  internal: 'XX000', // internal_error
};

const DENIAL_SQLSTATE: Readonly<Record<DenialCode, string>> = {
  forbidden: '42501',
  'not-understood': '0A000', // feature_not_supported
  'over-limit': '54000', // program_limit_exceeded
  'session-revoked': '57P01',
  cancelled: '57014', // query_canceled
};

/** The FATAL error that tells a client why its session does not begin or go on. */
export function encodeRefusal(refusal: Refusal): Buffer {
  return encodeFatal(refusal, REFUSAL_SQLSTATE[refusal.code]);
}

/** The same to a login that brought no credential at all. */
export function encodeNoCredential(refusal: Refusal): Buffer {
  return encodeFatal(refusal, '28000');
}

/** The same to a client that asks for what the protocol has and Weir does not offer. */
export function encodeNotSupported(refusal: Refusal): Buffer {
  return encodeFatal(refusal, '0A000');
}

function encodeFatal({ message, hint, ref }: Refusal, sqlstate: string): Buffer {
  return encodeErrorResponse({
    severity: 'FATAL',
    sqlstate,
    message,
    ...(ref === undefined ? {} : { detail: reference(ref) }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The same to a client that reads errors in the form before protocol 3. */
export function encodeAncientRefusal({ message, ref }: Refusal): Buffer {
  return encodeAncientError(message, ref === undefined ? undefined : reference(ref));
}

/** The ERROR that stands in place of a denied statement's result; the session goes on. */
export function encodeDenial(denial: Denial, ref?: string): Buffer {
  const detail = [
    ...(denial.rule === undefined ? [] : [`rule "${denial.rule}"`]),
    ...(ref === undefined ? [] : [reference(ref)]),
  ].join(', ');
  return encodeErrorResponse({
    severity: 'ERROR',
    sqlstate: denialSqlstate(denial),
    message: denial.message,
    ...(detail === '' ? {} : { detail }),
    ...(denial.hint === undefined ? {} : { hint: denial.hint }),
  });
}

/** The SQLSTATE under which a client sees this denial. */
function denialSqlstate(denial: Denial): string {
  return DENIAL_SQLSTATE[denial.code];
}

function reference(ref: string): string {
  return `weir ref ${ref}`;
}

/** What a database's own refusal means to somebody who does not know its account. */
const DATABASE_SAYS: Readonly<Record<string, string>> = {
  '22023': 'a setting chosen when connecting has a value that it does not take',
  '28000': "it does not let the target's account in",
  '28P01': "it does not take the password of the target's account",
  '3D000': 'it has no such database',
  '42501': "the target's account lacks a privilege",
  '42704': 'it does not know a setting chosen when connecting',
  '53300': 'it has too many connections',
  '57P03': 'it is starting up or shutting down',
};

/** The database answered the handshake with an error. Its own text, which names accounts, is left out. */
export function databaseRefusal(sqlstate: string | undefined): Refusal {
  if (sqlstate === undefined) return upstreamRefused('the database refused the connection');
  const reason = DATABASE_SAYS[sqlstate];
  const cause = reason === undefined ? '' : `: ${reason}`;
  return upstreamRefused(`the database refused the connection with SQLSTATE ${sqlstate}${cause}`);
}

/** The database was reached, and no session came of it. */
export function upstreamRefused(message: string): Refusal {
  return { code: 'upstream-refused', message };
}

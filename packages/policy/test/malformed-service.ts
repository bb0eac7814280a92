import { type Malformed, sections } from './malformed.ts';

const ISSUER = 'name: okta, url: https://acme.okta.test, audience: weir';

/** The sections about the process itself and about who vouches. */
export const TOP: readonly Malformed[] = [
  sections('an unknown key', { log: '^lgo: { level: info }' }, 'unknown key lgo', {
    suggestion: 'log',
  }),
  sections('a missing section', { access: '', version: '^version: 1' }, 'access is missing'),
  sections('another version', { version: 'version: ^2' }, 'unsupported version', {
    expected: 'only 1',
  }),
  sections('a version in quotes', { version: 'version: ^"1"' }, 'unsupported version'),
  sections('a section without value', { identity: '^identity:' }, 'identity has no value'),
  ...['classifications', 'masking', 'guardrails', 'approvals', 'audit'].map((key) =>
    sections(`${key}`, { log: `^${key}: {}` }, `${key} is not supported by this version of Weir`),
  ),
];

export const LISTEN: readonly Malformed[] = [
  sections(
    'an address without port',
    { listen: 'listen: { postgres: ^127.0.0.1 }' },
    'malformed address',
  ),
  sections(
    'a port beyond the last',
    { listen: 'listen: { postgres: ^127.0.0.1:65536 }' },
    'malformed address',
  ),
  sections(
    'a port that is no number',
    { listen: 'listen: { postgres: ^127.0.0.1:pg }' },
    'malformed address',
  ),
  sections(
    'an IPv6 address without brackets',
    { listen: 'listen: { postgres: ^::1:6432 }' },
    'malformed address',
  ),
  sections(
    'half an IPv4 address',
    { listen: 'listen: { postgres: ^127.0.0:6432 }' },
    'malformed address',
  ),
  sections(
    'a bare port',
    { listen: 'listen: { postgres: ^6432 }' },
    'wrong type: a number without quotes',
  ),
  sections(
    'a variable as address',
    { listen: `listen: { postgres: ^"\${env:A}" }` },
    'can only stand as a password',
  ),
  sections(
    'an unknown protocol',
    { listen: 'listen: { ^postgress: 127.0.0.1:1 }' },
    'unknown protocol',
    {
      suggestion: 'postgres',
    },
  ),
  sections('a list of listeners', { listen: 'listen: ^[postgres]' }, 'wrong type: a list'),
  sections(
    'two listeners on one port',
    { listen: 'listen: { postgres: 0.0.0.0:6432, admin: ^127.0.0.1:6432 }' },
    'the listeners postgres and admin use the same port',
  ),
  sections(
    'two spellings of one address',
    { listen: 'listen: { postgres: "[::1]:1", admin: ^"[0:0:0:0:0:0:0:1]:1" }' },
    'use the same port',
  ),
];

export const TLS: readonly Malformed[] = [
  sections('no tls', { tls: '', listen: 'listen: { ^postgres: 127.0.0.1:1 }' }, 'tls is missing'),
  sections('tls: false', { tls: 'tls: ^false' }, 'wrong type: true or false', {
    expected: 'off, or { cert: FILE, key: FILE }',
  }),
  sections('tls without key', { tls: '^tls: { cert: ./server.crt }' }, 'key is missing'),
  sections('an unknown key in tls', { tls: 'tls: { ^crt: a, key: b }' }, 'unknown key crt', {
    suggestion: 'cert',
  }),
  sections(
    'a certificate that is not there',
    { tls: 'tls: { cert: ^./no.crt, key: ./server.key }' },
    'the file does not exist',
  ),
  sections(
    'an empty certificate',
    { tls: 'tls: { cert: ^empty.pem, key: server.key }' },
    'the file is empty',
  ),
  sections(
    'a certificate that is none',
    { tls: 'tls: { cert: ^not.pem, key: server.key }' },
    'holds no PEM certificate',
  ),
  sections(
    'a broken certificate',
    { tls: 'tls: { cert: ^broken.pem, key: server.key }' },
    'a malformed certificate',
  ),
  sections(
    'a key that is none',
    { tls: 'tls: { cert: server.crt, key: ^server.crt }' },
    'holds no PEM private key',
  ),
  sections(
    'the key of another certificate',
    { tls: 'tls: { cert: server.crt, key: ^other.key }' },
    'the private key does not belong to the certificate',
  ),
  sections(
    'a key too short for TLS',
    { tls: 'tls: { cert: ^weak.crt, key: weak.key }' },
    'its signature is too weak',
  ),
];

export const IDENTITY: readonly Malformed[] = [
  sections('no issuer', { identity: 'identity: { issuers: ^[] }' }, 'the list is empty'),
  sections(
    'an issuer by http',
    { identity: issuers('name: a, url: ^http://acme.test, audience: weir') },
    'insecure issuer URL',
  ),
  sections(
    'an issuer that is no URL',
    { identity: issuers('name: a, url: ^acme, audience: weir') },
    'malformed or insecure issuer URL',
  ),
  sections(
    'an issuer with a password',
    { identity: issuers('name: a, url: ^"https://u:p@a.test", audience: w') },
    'issuer URL',
  ),
  sections(
    'an issuer with a query',
    { identity: issuers('name: a, url: ^https://a.test?x=1, audience: w') },
    'issuer URL',
  ),
  sections(
    'an issuer without audience',
    { identity: issuers('^name: a, url: https://a.test', '') },
    'audience is missing',
  ),
  sections('an unknown kind', { identity: issuers(`${ISSUER}, kind: ^agnet`) }, 'unknown kind', {
    suggestion: 'agent',
  }),
  sections(
    'a slash in an issuer’s name',
    { identity: issuers('name: ^a/b, url: https://a.test, audience: w') },
    'malformed issuer name',
  ),
  sections(
    'an issuer’s missing authorities',
    { identity: issuers(`${ISSUER}, ca: ^./no.pem`) },
    'the file does not exist',
  ),
  sections(
    'an unknown key of an issuer',
    { identity: issuers(`${ISSUER}, ^group_claim: g`) },
    'unknown key group_claim',
    {
      suggestion: 'groups_claim',
    },
  ),
  sections(
    'two issuers of one name',
    { identity: `${issuers(ISSUER)}\n    - { name: ^okta, url: https://b.test, audience: w }` },
    'an earlier issuer has the same name',
  ),
  sections(
    'two issuers with one URL',
    {
      identity: `${issuers(ISSUER)}\n    - { name: b, url: ^https://acme.okta.test, audience: w }`,
    },
    'an earlier issuer has the same url',
  ),
];

function issuers(fields: string, open = '{ '): string {
  const place = open === '' ? fields.replace('^', '^{ ') : `{ ${fields}`;
  return `identity:\n  issuers:\n    - ${place} }`;
}

export const LIMITS: readonly Malformed[] = [
  sections(
    'a duration without unit',
    { limits: 'limits: { dial_timeout: ^10 }' },
    'wrong type: a number',
  ),
  sections('an unknown unit', { limits: 'limits: { dial_timeout: ^10d }' }, 'malformed duration'),
  sections('a duration out of range', { limits: 'limits: { dial_timeout: ^1h }' }, 'out of range'),
  sections(
    'a negative duration',
    { limits: 'limits: { dial_timeout: ^-1s }' },
    'malformed duration',
  ),
  sections(
    'a size with a blank',
    { limits: 'limits: { statement_bytes: ^16 MB }' },
    'malformed size',
  ),
  sections('a size out of range', { limits: 'limits: { statement_bytes: ^2GiB }' }, 'out of range'),
  sections(
    'half a connection',
    { limits: 'limits: { max_connections: ^1.5 }' },
    'malformed number',
  ),
  sections('no connections', { limits: 'limits: { max_connections: ^0 }' }, 'out of range'),
  sections('not a number', { limits: 'limits: { max_connections: ^.nan }' }, 'wrong type'),
  sections(
    'an unknown limit',
    { limits: 'limits: { ^max_connection: 1 }' },
    'unknown key max_connection',
    {
      suggestion: 'max_connections',
    },
  ),
  sections('an unknown log level', { log: 'log: { level: ^trace }' }, 'unknown log level'),
  sections('an unknown log format', { log: 'log: { format: ^jsn }' }, 'unknown log format', {
    suggestion: 'json',
  }),
];

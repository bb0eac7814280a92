import { isIPv4, isIPv6 } from 'node:net';

/** Where a listener binds. Port 0 asks the system for a free one. */
export interface Address {
  /** An IPv4 or IPv6 address (without brackets) or a host name. */
  readonly host: string;
  readonly port: number;
}

/** How an address is written; for editors. */
export const ADDRESS_PATTERN = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/;
/** A host name (RFC 1123) or an IPv4 or IPv6 address; for editors. */
export const HOST_PATTERN = /^([A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})$/;

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const DIGITS_AND_DOTS = /^[0-9.]+$/;
const MAX_PORT = 65_535;

/** `127.0.0.1:6432`, `[::1]:6432` or `localhost:6432`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const [, written, digits] = ADDRESS_PATTERN.exec(text) ?? [];
  if (written === undefined || digits === undefined) return undefined;
  const host = written.startsWith('[') ? bracketed(written) : parseHost(written);
  const port = Number(digits);
  if (host === undefined || port > MAX_PORT) return undefined;
  return { host, port };
}

/** A host name or an IP address, as it stands; undefined for anything else. */
export function parseHost(text: string): string | undefined {
  if (isIPv4(text) || isIPv6(text)) return text;
  // What looks like an IPv4 address and is none ("10.0.0", "300.1.1.1") would be resolved in surprising ways.
  if (text.length > 253 || DIGITS_AND_DOTS.test(text)) return undefined;
  return text.split('.').every((label) => LABEL.test(label)) ? text : undefined;
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    (isIPv4(host) && host.startsWith('127.')) ||
    canonicalHost(host) === '[::1]'
  );
}

/** Whether two addresses cannot be listened on at the same time. */
export function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const [one, other] = [canonicalHost(a.host), canonicalHost(b.host)];
  if (one === other || isWildcard(one) || isWildcard(other)) return true;
  return (
    (one === 'localhost' && isLoopback(b.host)) || (other === 'localhost' && isLoopback(a.host))
  );
}

function bracketed(text: string): string | undefined {
  const host = text.slice(1, -1);
  return isIPv6(host) ? host : undefined;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '[::]';
}

/** One spelling for each IPv6 address, so that `::1` and `0:0:0:0:0:0:0:1` are the same. */
function canonicalHost(host: string): string {
  return isIPv6(host) ? new URL(`http://[${host}]`).hostname : host.toLowerCase();
}

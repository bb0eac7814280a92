import { WeirError } from '@weir/contract';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Parses an address that keys or their whereabouts come from. Only `https` proves who answers;
 * `http` passes on this machine's loopback when `allowInsecure` says so. Throws
 * `ERR_CONFIG_INVALID` for anything else.
 */
export function parseIssuerUrl(text: string, allowInsecure: boolean): URL {
  const url = URL.parse(text);
  if (url === null) {
    throw new WeirError('ERR_CONFIG_INVALID', 'is not a URL');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new WeirError('ERR_CONFIG_INVALID', 'has a user, a password or a fragment');
  }
  if (url.protocol === 'https:') {
    return url;
  }
  if (url.protocol === 'http:' && allowInsecure && LOOPBACK.test(url.hostname)) {
    return url;
  }
  throw new WeirError('ERR_CONFIG_INVALID', 'is not an https URL');
}

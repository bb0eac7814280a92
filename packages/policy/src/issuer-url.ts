import { isLoopback } from './address.ts';

/**
 * An issuer identifier (OpenID Connect Discovery 1.0 §2): https, with host and optional path and
 * nothing else. Plain http is for issuers on this machine only.
 */
export function isIssuerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(host));
  // The raw text is asked too: URL drops an empty query or fragment.
  return (
    secure && host !== '' && url.username === '' && url.password === '' && !/[?#\s\\]/.test(text)
  );
}

/** The headers of an answer that say how long it may be used. */
export interface CacheHeaders {
  readonly cacheControl: string | undefined;
  readonly age: string | undefined;
}

/**
 * Milliseconds for which an answer may be used, as its headers say (RFC 9111 §4.2 and §5.2.2);
 * `undefined` when they say nothing.
 */
export function freshnessMs(headers: CacheHeaders): number | undefined {
  const directives = (headers.cacheControl ?? '')
    .split(',')
    .map((directive) => directive.trim().toLowerCase());
  if (directives.includes('no-store') || directives.includes('no-cache')) {
    return 0;
  }
  const seconds = directives.map(maxAge).find((found) => found !== undefined);
  return seconds === undefined ? undefined : Math.max(0, seconds - age(headers)) * 1000;
}

function maxAge(directive: string): number | undefined {
  const digits = directive.match(/^max-age="?(\d+)"?$/)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function age(headers: CacheHeaders): number {
  return /^\d+$/.test(headers.age ?? '') ? Number(headers.age) : 0;
}

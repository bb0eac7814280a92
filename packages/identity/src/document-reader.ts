import { Agent, request } from 'undici';
import type { CacheHeaders } from './freshness.ts';

/** A JSON answer and how long it may be used. */
interface JsonDocument {
  readonly body: unknown;
  readonly headers: CacheHeaders;
}

export type DocumentReader = (url: URL) => Promise<JsonDocument>;

interface DocumentReaderOptions {
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  /** The longest answer that is read. */
  readonly bytes: number;
}

/**
 * Reads small JSON documents over HTTP. It follows no redirect, since only the configured issuer
 * may say where its keys are, and unpacks no compressed answer, since its size could not be known.
 * Throws for every answer but a 200 with JSON, in time and in size.
 */
export function makeDocumentReader(options: DocumentReaderOptions): DocumentReader {
  const connect = {
    timeout: options.timeoutMs,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const dispatcher = new Agent({ connect, maxResponseSize: options.bytes });
  return async (url) => {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`${url.href} answered ${statusCode}`);
    }
    return {
      body: await body.json(),
      headers: { cacheControl: joined(headers['cache-control']), age: joined(headers['age']) },
    };
  };
}

function joined(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { listenOnLoopback, type ServerIdentity } from './issuer-loopback.ts';

/** What the fixture says when it is asked; `answer` replaces any part of it. */
export interface KeyServerAnswers {
  readonly keys: readonly JWK[];
  /** Whether requests are answered, cut off, or left without an answer. */
  readonly state: 'up' | 'down' | 'silent';
  /** Headers of the key set, such as `cache-control`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Replaces members of the discovery document. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Replaces the key set's text, for answers that are no key set at all. */
  readonly text: string | undefined;
  /** Redirects the key set elsewhere. */
  readonly location: string | undefined;
}

/** How often each document was asked for, whatever came of it. */
export interface KeyServerHits {
  readonly discovery: number;
  readonly keys: number;
  /** Requests for anything else. */
  readonly other: number;
}

/** A discovery document and a key set over real HTTP, with every answer in a test's hand. */
export interface KeyServer {
  readonly url: string;
  hits(): KeyServerHits;
  answer(change: Partial<KeyServerAnswers>): void;
  close(): Promise<void>;
}

/** Starts the fixture on 127.0.0.1, over TLS when given a certificate. */
export async function startKeyServer(
  keys: readonly JWK[],
  identity?: ServerIdentity,
): Promise<KeyServer> {
  let hits: KeyServerHits = { discovery: 0, keys: 0, other: 0 };
  let answers: KeyServerAnswers = {
    keys,
    state: 'up',
    headers: {},
    document: {},
    text: undefined,
    location: undefined,
  };
  const server = await listenOnLoopback(
    0,
    async (url) => (request, response) => {
      const asked = documentOf(request);
      hits = { ...hits, [asked]: hits[asked] + 1 };
      if (answers.state === 'down') {
        request.socket.destroy();
      } else if (answers.state === 'up') {
        send(response, url, asked, answers);
      }
    },
    identity,
  );
  return {
    url: server.url,
    hits: () => hits,
    answer: (change) => {
      answers = { ...answers, ...change };
    },
    close: () => server.close(),
  };
}

function documentOf(request: IncomingMessage): keyof KeyServerHits {
  if (request.url === '/.well-known/openid-configuration') {
    return 'discovery';
  }
  return request.url === '/keys' ? 'keys' : 'other';
}

function send(
  response: ServerResponse,
  url: string,
  asked: keyof KeyServerHits,
  answers: KeyServerAnswers,
): void {
  if (asked === 'discovery') {
    const document = { issuer: url, jwks_uri: `${url}/keys`, ...answers.document };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document));
  } else if (asked === 'other') {
    response.writeHead(404).end();
  } else if (answers.location !== undefined) {
    response.writeHead(302, { location: answers.location }).end();
  } else {
    response.writeHead(200, { 'content-type': 'application/json', ...answers.headers });
    response.end(answers.text ?? JSON.stringify({ keys: answers.keys }));
  }
}

import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import Provider from 'oidc-provider';
import {
  ISSUER_AUDIENCE,
  type IssuerRealm,
  issuerConfiguration,
  LOGIN_CLIENT,
} from './issuer-configuration.ts';
import { makeSigningKey, type SigningKey } from './issuer-keys.ts';
import { listenOnLoopback } from './issuer-loopback.ts';
import { PAGE_POLICY, peoplePage } from './issuer-pages.ts';
import {
  type AgentClient,
  agentClaims,
  type Person,
  personClaims,
  SAMPLE_PEOPLE,
} from './issuer-people.ts';
import { makeIssuerStore } from './issuer-store.ts';

/** What a test may ask of a token beyond who it is for. */
export interface TokenOptions {
  readonly audience?: string | string[];
  /** Seconds from now until the token ends; negative for one that has ended. */
  readonly expiresIn?: number;
  /** Added to the token's claims, or replacing them; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A running OpenID provider for tests and the sample scene. */
export interface Issuer {
  readonly url: string;
  readonly audience: string;
  /** The public client for the device flow (RFC 8628). */
  readonly loginClient: string;
  readonly people: readonly Person[];
  /** The sample agent, `scout`, which signs in with its client credentials. */
  readonly agent: AgentClient;
  /**
   * Signs an access token with the issuer's own key. `who` is a person's subject or e-mail, or the
   * agent's client id; anybody else is an error.
   */
  tokenFor(who: string, options?: TokenOptions): Promise<string>;
  /**
   * Signs with a new key from now on. The previous key stays published, as issuers do, unless
   * `retire` takes it away at once.
   */
  rotateKeys(options?: { readonly retire?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface IssuerOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly people?: readonly Person[];
  /** Milliseconds since the epoch, for `tokenFor`; the flows themselves run on the real clock. */
  readonly clock?: () => number;
}

/** Seconds that a token of `tokenFor` lasts unless the caller says otherwise. */
const TOKEN_SECONDS = 900;
/** Seconds that a device waits between its questions (RFC 8628 §3.2); short, for it is all local. */
const DEVICE_POLL_SECONDS = 1;
/** Bytes of the one form that the issuer reads itself. */
const FORM_BYTES = 4096;

/** Starts the embedded issuer on 127.0.0.1. It has no passwords: never use it for real people. */
export async function startIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const people = options.people ?? SAMPLE_PEOPLE;
  const clock = options.clock ?? Date.now;
  const agent = {
    clientId: 'scout',
    clientSecret: randomBytes(24).toString('base64url'),
    groups: ['agents'],
  };
  const realm: IssuerRealm = { people, agents: [agent], adapter: makeIssuerStore() };
  let keys = [await makeSigningKey()];
  let listener: RequestListener;
  const server = await listenOnLoopback(options.port ?? 0, async (url) => {
    listener = makeListener(url, realm, keys);
    return (request, response) => listener(request, response);
  });
  return {
    url: server.url,
    audience: ISSUER_AUDIENCE,
    loginClient: LOGIN_CLIENT,
    people,
    agent,
    tokenFor: (who, wanted = {}) => signFor(server.url, realm, keys, clock(), who, wanted),
    rotateKeys: async ({ retire = false } = {}) => {
      const fresh = await makeSigningKey();
      keys = retire ? [fresh] : [fresh, ...keys];
      listener = makeListener(server.url, realm, keys);
    },
    close: () => server.close(),
  };
}

function makeListener(
  url: string,
  realm: IssuerRealm,
  keys: readonly SigningKey[],
): RequestListener {
  const provider = new Provider(url, issuerConfiguration(realm, keys));
  provider.on('device_authorization.success', (_ctx, body) => {
    body['interval'] = DEVICE_POLL_SECONDS;
  });
  const answer = provider.callback();
  return (request, response) => {
    if (request.url?.startsWith('/interaction/') === true) {
      askWho(provider, realm.people, request, response).catch(() => endWith(response, 400));
    } else {
      answer(request, response).catch(() => endWith(response, 500));
    }
  };
}

async function askWho(
  provider: Provider,
  people: readonly Person[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('content-security-policy', PAGE_POLICY);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(peoplePage(people));
    return;
  }
  const chosen = (await readForm(request)).get('person');
  const person = people.find((candidate) => candidate.subject === chosen);
  if (person === undefined) {
    endWith(response, 400);
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: person.subject } });
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_BYTES) {
      throw new Error('The form is too long');
    }
  }
  return new URLSearchParams(text);
}

function endWith(response: ServerResponse, status: number): void {
  if (!response.headersSent) {
    response.writeHead(status);
  }
  response.end();
}

async function signFor(
  url: string,
  realm: IssuerRealm,
  keys: readonly SigningKey[],
  now: number,
  who: string,
  options: TokenOptions,
): Promise<string> {
  const [key] = keys;
  if (key === undefined) {
    throw new Error('The issuer has no key');
  }
  const issuedAt = Math.floor(now / 1000);
  const registered = {
    iss: url,
    aud: options.audience ?? ISSUER_AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + (options.expiresIn ?? TOKEN_SECONDS),
    jti: randomUUID(),
  };
  const claims = { ...registered, ...identityClaims(realm, who), ...options.claims };
  return key.sign(claims, { typ: 'at+jwt' });
}

function identityClaims(realm: IssuerRealm, who: string): Record<string, unknown> {
  const person = realm.people.find(({ subject, email }) => subject === who || email === who);
  if (person !== undefined) {
    return { sub: person.subject, client_id: LOGIN_CLIENT, ...personClaims(person) };
  }
  const agent = realm.agents.find(({ clientId }) => clientId === who);
  if (agent !== undefined) {
    return { sub: agent.clientId, client_id: agent.clientId, ...agentClaims(agent) };
  }
  throw new Error(`The issuer does not know ${who}`);
}

import { randomBytes } from 'node:crypto';
import {
  type Account,
  type Adapter,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { SigningKey } from './issuer-keys.ts';
import { codePage, confirmPage, notePage, PAGE_POLICY } from './issuer-pages.ts';
import { type AgentClient, agentClaims, type Person, personClaims } from './issuer-people.ts';

/** The audience of every access token that the embedded issuer gives out. */
export const ISSUER_AUDIENCE = 'weir';
/** The public client that `weir login` uses unless it is told another. */
export const LOGIN_CLIENT = 'weir';
/** The resource indicator (RFC 8707) behind the audience; clients need not name it. */
const RESOURCE = 'urn:weir:databases';
const RESOURCE_SCOPE = 'databases';
const OIDC_SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'];
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Who the issuer knows and where it keeps what it gave out. */
export interface IssuerRealm {
  readonly people: readonly Person[];
  readonly agents: readonly AgentClient[];
  readonly adapter: (model: string) => Adapter;
}

/** The library's settings. The first key signs; the others are only published. */
export function issuerConfiguration(
  realm: IssuerRealm,
  keys: readonly SigningKey[],
): Configuration {
  return {
    adapter: realm.adapter,
    jwks: { keys: keys.map((key) => key.privateJwk) },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: [
      {
        client_id: LOGIN_CLIENT,
        client_name: 'weir',
        token_endpoint_auth_method: 'none',
        grant_types: [DEVICE_GRANT, 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
      ...realm.agents.map(agentMetadata),
    ],
    scopes: OIDC_SCOPES,
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'weir_kind'],
    },
    conformIdTokenClaims: false,
    features: issuerFeatures(),
    findAccount: (_ctx, subject) => accountOf(realm, subject),
    loadExistingGrant: grantEverything,
    extraTokenClaims: (_ctx, token) => tokenClaims(realm, token),
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    interactions: {
      policy: [askWhoEachTime()],
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    renderError: (ctx, out) => showPage(ctx, notePage('That did not work', out.error)),
    ttl: {
      AccessToken: 15 * MINUTE,
      ClientCredentials: 15 * MINUTE,
      IdToken: 15 * MINUTE,
      DeviceCode: 10 * MINUTE,
      Interaction: 10 * MINUTE,
      RefreshToken: 8 * HOUR,
      Grant: 8 * HOUR,
      Session: 8 * HOUR,
    },
  };
}

function issuerFeatures(): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== RESOURCE) {
          throw new errors.InvalidTarget();
        }
        return { scope: RESOURCE_SCOPE, audience: ISSUER_AUDIENCE, accessTokenFormat: 'jwt' };
      },
    },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, form, _out, error) =>
        showPage(ctx, codePage(form, error === undefined ? undefined : codeProblem(error))),
      userCodeConfirmSource: (ctx, form, client, _device, code) =>
        showPage(ctx, confirmPage(form, client.clientName ?? client.clientId, code)),
      successSource: (ctx) =>
        showPage(ctx, notePage('You are signed in', 'Go back to your terminal.')),
    },
  };
}

function agentMetadata(agent: AgentClient) {
  return {
    client_id: agent.clientId,
    client_secret: agent.clientSecret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  };
}

function accountOf(realm: IssuerRealm, subject: string): Account | undefined {
  const person = realm.people.find((candidate) => candidate.subject === subject);
  return person === undefined
    ? undefined
    : { accountId: subject, claims: () => ({ sub: subject, ...personClaims(person) }) };
}

interface IssuedToken {
  readonly accountId?: string;
  readonly clientId?: string | undefined;
}

function tokenClaims(realm: IssuerRealm, token: IssuedToken): Record<string, unknown> | undefined {
  const person = realm.people.find((candidate) => candidate.subject === token.accountId);
  const agent = realm.agents.find((candidate) => candidate.clientId === token.clientId);
  return person !== undefined ? personClaims(person) : agent && agentClaims(agent);
}

/** There is nothing to consent to: the only client is Weir's own. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { client, session, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) {
    return undefined;
  }
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(OIDC_SCOPES);
  grant.addResourceScope(RESOURCE, RESOURCE_SCOPE);
  await grant.save();
  return grant;
}

/** Asks even a browser that has signed in before, so that one machine can play several people. */
function askWhoEachTime(): interactionPolicy.Prompt {
  const check = new interactionPolicy.Check(
    'who',
    'The person says who they are at each sign-in',
    (ctx) => ctx.oidc.result?.login === undefined,
  );
  return new interactionPolicy.Prompt({ name: 'login', requestable: true }, check);
}

function codeProblem(error: Error): string {
  return error.name === 'AbortedError'
    ? 'The sign-in was stopped.'
    : 'There is no such code, or it has been used. Look again.';
}

function showPage(ctx: KoaContextWithOIDC, html: string): void {
  ctx.set('content-security-policy', PAGE_POLICY);
  ctx.type = 'html';
  ctx.body = html;
}

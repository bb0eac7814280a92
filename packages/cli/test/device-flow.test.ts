import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LoopbackServer, listenOnLoopback } from '@weir/testkit';
import { type DevicePrompt, signInOnDevice } from '../src/device-flow.ts';
import { connectIssuer } from '../src/issuer-client.ts';

type Json = Readonly<Record<string, unknown>>;

const PENDING = { error: 'authorization_pending' };
const SLOW_DOWN = { error: 'slow_down' };
const TOKENS = { access_token: 'opaque', token_type: 'bearer' };

const realSetTimeout = globalThis.setTimeout;
let server: LoopbackServer;
let forms: URLSearchParams[];
/** Seconds that the client waited before each question; no test waits for real. */
let waits: number[];
/** Seconds that it has waited since the last one. */
let waited: number;

beforeEach(() => {
  waits = [];
  forms = [];
  waited = 0;
  Reflect.set(globalThis, 'setTimeout', (callback: () => void, milliseconds: number) => {
    waited += milliseconds / 1000;
    return setImmediate(callback);
  });
});

afterEach(async () => {
  globalThis.setTimeout = realSetTimeout;
  await server.close();
});

/** An authorization server that says what a test tells it to. */
async function startServer(device: Json, answers: readonly Json[], metadata: Json = {}) {
  server = await listenOnLoopback(0, async (url) => async (request, response) => {
    const send = (status: number, body: Json) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    const form = new URLSearchParams(text);
    forms.push(form);
    if (request.url === '/token') {
      const answer = answers[waits.length] ?? PENDING;
      waits.push(waited);
      waited = 0;
      send('error' in answer ? 400 : 200, answer);
    } else if (request.url === '/device') {
      const codes = { device_code: 'd-1', user_code: 'AB-CD', verification_uri: `${url}/page` };
      send(200, { ...codes, expires_in: 600, ...device });
    } else {
      const token = { token_endpoint: `${url}/token` };
      const endpoints = { ...token, device_authorization_endpoint: `${url}/device` };
      send(200, { issuer: url, ...endpoints, ...metadata });
    }
  });
}

async function signIn(prompts: DevicePrompt[] = []) {
  const client = await connectIssuer({ issuer: server.url, clientId: 'weir' });
  return signInOnDevice(client, (prompt) => prompts.push(prompt));
}

describe('the device sign-in', () => {
  it('asks at the pace that the issuer sets', async () => {
    await startServer({ interval: 3 }, [PENDING, PENDING, TOKENS]);

    expect(await signIn()).toMatchObject({ access_token: 'opaque' });
    expect(waits).toEqual([3, 3, 3]);
  });

  it('asks every five seconds when the issuer sets no pace', async () => {
    await startServer({}, [PENDING, TOKENS]);
    await signIn();

    expect(waits).toEqual([5, 5]);
  });

  it('asks five seconds slower for good each time it is told to slow down', async () => {
    await startServer({ interval: 1 }, [SLOW_DOWN, PENDING, SLOW_DOWN, TOKENS]);
    await signIn();

    expect(waits).toEqual([1, 6, 6, 11]);
  });

  it.each([
    ['says no', { error: 'access_denied' }, 5, 'The sign-in was refused'],
    ['lets the code expire', { error: 'expired_token' }, 5, 'The code has expired'],
    ['answers what it should not', { error: 'server_\u001b[31merror' }, 4, 'server_?[31merror'],
  ])('ends when the issuer %s', async (_case, answer, exitCode, message) => {
    await startServer({ interval: 1 }, [PENDING, answer]);

    await expect(signIn()).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
    });
    expect(waits).toEqual([1, 1]);
  });

  it('ends by itself when the code has expired and the issuer does not say so', async () => {
    await startServer({ expires_in: 0.05 }, []);

    await expect(signIn()).rejects.toMatchObject({
      exitCode: 5,
      message: 'The code has expired',
    });
  });

  it('shows the page that carries the code, or else the plain one', async () => {
    const prompts: DevicePrompt[] = [];
    await startServer({}, [TOKENS]);
    await signIn(prompts);

    expect(prompts).toEqual([{ url: `${server.url}/page`, code: 'AB-CD', expiresIn: 600 }]);
  });

  it('asks only for scopes that the issuer knows', async () => {
    await startServer({}, [TOKENS], { scopes_supported: ['openid', 'email', 'payments'] });
    await signIn();
    const asked = forms.find((form) => form.has('scope'));

    expect(asked?.get('scope')).toBe('openid email');
  });

  it('says so when the issuer offers none', async () => {
    await startServer({}, [], { device_authorization_endpoint: undefined });

    await expect(signIn()).rejects.toMatchObject({
      exitCode: 4,
      message: `${server.url} offers no sign-in for devices (RFC 8628)`,
    });
  });

  it('does not take the metadata of another issuer', async () => {
    await startServer({}, [TOKENS], { issuer: 'https://issuer.example' });

    await expect(signIn()).rejects.toMatchObject({ exitCode: 4 });
    expect(forms.every((form) => !form.has('device_code'))).toBe(true);
  });
});

import { createHmac } from 'node:crypto';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import type { AuthFailure } from '@weir/contract';
import { type KeyServer, makeSigningKey, startKeyServer } from '@weir/testkit';
import { type Backdrop, issuerLine, startBackdrop, targetLines } from './backdrop.ts';
import { captureLog } from './captured-log.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let deadIssuer: KeyServer;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
  deadIssuer = await startKeyServer([]);
  deadIssuer.answer({ state: 'down' });
});

let log: readonly string[];

beforeEach(() => {
  log = captureLog();
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  await deadIssuer.close();
  await backdrop.stop();
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function partsOf(token: string): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(partsOf(token)[0], 'base64url').toString());
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(partsOf(token)[1], 'base64url').toString());
}

/** Ana's claims, signed with a key that the issuer does not have. */
async function signElsewhere(kid: string | undefined, claims = {}): Promise<string> {
  const good = await backdrop.issuer.tokenFor('ana');
  const key = await makeSigningKey('RS256', kid);
  return key.sign({ ...claimsOf(good), ...claims }, { typ: 'at+jwt' });
}

const SOON = () => Math.floor(Date.now() / 1000) + 3_600;

const BAD_TOKENS: Readonly<Record<string, readonly [AuthFailure, () => Promise<string>]>> = {
  'that has expired': ['expired', () => backdrop.issuer.tokenFor('ana', { expiresIn: -3_600 })],
  'that is not valid yet': [
    'not-yet-valid',
    () => backdrop.issuer.tokenFor('ana', { claims: { nbf: SOON() } }),
  ],
  'for another audience': [
    'wrong-audience',
    () => backdrop.issuer.tokenFor('ana', { audience: 'elsewhere' }),
  ],
  'of another user': ['user-mismatch', () => backdrop.issuer.tokenFor('omar')],
  'without an end': [
    'missing-claim',
    () => backdrop.issuer.tokenFor('ana', { claims: { exp: undefined } }),
  ],
  'that nobody signed': [
    'algorithm',
    async () => {
      const [, payload] = partsOf(await backdrop.issuer.tokenFor('ana'));
      return `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
    },
  ],
  'that is signed with a key that everybody knows': [
    'algorithm',
    async () => {
      const good = await backdrop.issuer.tokenFor('ana');
      const signed = `${encode({ ...headerOf(good), alg: 'HS256' })}.${partsOf(good)[1]}`;
      return `${signed}.${createHmac('sha256', 'public').update(signed).digest('base64url')}`;
    },
  ],
  'that is signed with another key': [
    'bad-signature',
    async () => signElsewhere(String(headerOf(await backdrop.issuer.tokenFor('ana'))['kid'])),
  ],
  'that names a key nobody has': ['unknown-key', () => signElsewhere(undefined)],
  'of an issuer that nobody knows': [
    'unknown-issuer',
    () => signElsewhere(undefined, { iss: 'https://elsewhere.test' }),
  ],
  'of an issuer that cannot be reached': [
    'issuer-unreachable',
    () => signElsewhere(undefined, { iss: deadIssuer.url }),
  ],
  'whose claims were changed': [
    'bad-signature',
    async () => {
      const [header, payload, signature] = partsOf(await backdrop.issuer.tokenFor('ana'));
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return `${header}.${encode({ ...claims, groups: ['dba'] })}.${signature}`;
    },
  ],
  'that is none': ['malformed', async () => 'hunter2'],
  'that is far too long': ['malformed', async () => `${'e'.repeat(40_000)}.e.e`],
};

const issuers = () => `identity:
  issuers:
${issuerLine('acme', backdrop.issuer)}
${issuerLine('dead', { url: deadIssuer.url, audience: backdrop.issuer.audience })}`;

describe('a login', () => {
  it('with a good token reaches the database as the target has it', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect({ application_name: 'a test' });
      const { rows } = await client.query(
        'select current_user as account, s.ssl from pg_stat_ssl s where pid = pg_backend_pid()',
      );
      expect(rows).toEqual([{ account: 'postgres', ssl: true }]);
      expect((await running.next('session.opened')).session).toMatchObject({
        protocol: 'postgres',
        principal: { name: 'ana@acme.com', kind: 'human', groups: ['engineering'] },
        target: { name: 'orders' },
        client: { tls: 'TLSv1.3', application: 'a test' },
      });
    });
  });

  it('may begin with TLS at once', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.raw();
      await client.secureAtOnce();
      client.startup({ user: 'ana@acme.com', database: 'orders' });
      await client.next('R');
      client.password(await backdrop.issuer.tokenFor('ana'));
      expect((await client.next('Z')).type).toBe('Z');
    });
  });

  it.each(Object.entries(BAD_TOKENS))(
    'with a token %s is refused, and only the event says why',
    async (_what, [failure, makeToken]) => {
      await withWeir(backdrop, { identity: issuers() }, async (running) => {
        const refusal = await running.refusal({ password: await makeToken() });
        const event = await running.next('session.refused');
        expect(refusal).toMatchObject({
          severity: 'FATAL',
          code: '28P01',
          message: 'authentication failed',
          detail: `weir ref ${event.id}`,
        });
        expect(event).toMatchObject({ refusal: { code: 'not-authenticated' }, failure });
        expect(event.principal).toBeUndefined();
        const faults = failure === 'issuer-unreachable' ? 1 : 0;
        expect(log.filter((line) => line.includes('issuer not usable'))).toHaveLength(faults);
        expect(running.told('session.opened')).toEqual([]);
      });
    },
  );

  it('without a password is refused', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.raw();
      await client.secure();
      client.startup({ user: 'ana@acme.com', database: 'orders' });
      await client.next('R');
      client.password('');
      const { fields } = await client.next('E');
      expect([fields.get('S'), fields.get('C')]).toEqual(['FATAL', '28000']);
      const event = await running.next('session.refused');
      expect(event.refusal).toMatchObject({
        code: 'not-authenticated',
        message: 'no password was given',
      });
    });
  });

  it('without TLS is refused before it can say its password', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const refusal = await running.refusal({ ssl: false });
      expect(refusal).toMatchObject({ severity: 'FATAL', code: '28000' });
      expect((await running.next('session.refused')).refusal.code).toBe('tls-required');
    });
  });

  it('to a target that does not exist, or is not for this person, gets one and the same answer', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const answers = [];
      for (const database of ['nowhere', 'payroll', 'payroll/postgres']) {
        const { code, severity, message, hint } = await running.refusal({ database });
        answers.push({ code, severity, message, hint });
      }
      const [first] = answers;
      expect(first).toMatchObject({ severity: 'FATAL', code: '3D000' });
      expect(answers).toEqual([first, first, first]);
      expect(running.told('session.refused').map(({ requested }) => requested)).toEqual([
        'nowhere',
        'payroll',
        'payroll/postgres',
      ]);
    });
  });

  it('to a database that refuses says so without the account', async () => {
    const targets = `targets:\n${targetLines('orders', backdrop, { password: 'WRONG_PASSWORD' })}`;
    await withWeir(backdrop, { targets }, async (running) => {
      const refusal = await running.refusal({});
      expect(refusal).toMatchObject({ severity: 'FATAL', code: '08004' });
      expect(refusal.message).toContain('28P01');
      expect(JSON.stringify(refusal)).not.toContain('not-the-password');
      expect((await running.next('session.refused')).principal?.name).toBe('ana@acme.com');
    });
  });
});

describe('a person', () => {
  it('may have no more sessions than the limit says', async () => {
    const limits = 'limits: { max_connections_per_principal: 1 }';
    await withWeir(backdrop, { limits }, async (running) => {
      const client = await running.connect();
      expect(await running.refusal({})).toMatchObject({ severity: 'FATAL', code: '53300' });
      await client.end();
      await running.next('session.closed');
      await running.connect();
    });
  });
});

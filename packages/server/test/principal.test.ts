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
import { type Backdrop, issuerLine, startBackdrop } from './backdrop.ts';
import { captureLog } from './captured-log.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let log: readonly string[];

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

beforeEach(() => {
  log = captureLog();
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(() => backdrop.stop());

const INFO = { log: 'log: { level: info }' };

/** The fields of the only line with this message. */
function lineOf(message: string): Readonly<Record<string, unknown>> {
  const lines = log.map((line): Record<string, unknown> => JSON.parse(line));
  const found = lines.filter((line) => line['message'] === message);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const CEO_ONLY = {
  access: `access:
  - { name: ceo, principals: [{ issuer: acme, email: ceo@acme.com }], targets: [orders], allow: all }`,
};
/** What a provider says that never says whether an e-mail is verified. */
const UNSAID = { claims: { email: 'ceo@acme.com', email_verified: undefined } };

describe('a rule that names an e-mail', () => {
  it('does not match one of which the issuer does not say that it is verified', async () => {
    await withWeir(backdrop, CEO_ONLY, async (running) => {
      const password = await backdrop.issuer.tokenFor('ana', UNSAID);
      expect(await running.refusal({ user: 'ceo@acme.com', password })).toMatchObject({
        code: '3D000',
      });
      expect((await running.next('session.refused')).principal).toMatchObject({ name: 'ana' });
    });
  });

  it('matches it when the configuration trusts the issuer with that', async () => {
    const issuer = issuerLine('acme', backdrop.issuer).replace(' }', ', email_trusted: true }');
    const identity = `identity:\n  issuers:\n${issuer}`;
    await withWeir(backdrop, { ...CEO_ONLY, identity }, async (running) => {
      const password = await backdrop.issuer.tokenFor('ana', UNSAID);
      await running.connect({ user: 'ceo@acme.com', password });
    });
  });
});

describe('the log of a session', () => {
  it('names the rule that let it in', async () => {
    const access = `access:
  - { name: auditors, groups: [auditors], targets: [orders], allow: all }
  - { name: on orders, groups: [engineering], targets: [orders], allow: all }
  - { name: everybody, kinds: [human], targets: [orders, payroll], allow: all }`;
    await withWeir(backdrop, { ...INFO, access }, async (running) => {
      const client = await running.connect();
      await client.end();
      await running.next('session.closed');
    });
    expect(lineOf('session opened')).toMatchObject({ rule: 'on orders', target: 'orders' });
  });

  it('says who it is by issuer and subject beside the name', async () => {
    await withWeir(backdrop, INFO, async (running) => {
      const client = await running.connect();
      await client.end();
      await running.next('session.closed');
      await running.refusal({ database: 'payroll' });
    });
    const ana = { principal: 'ana@acme.com', issuer: backdrop.issuer.url, subject: 'ana' };
    expect(lineOf('session opened')).toMatchObject(ana);
    expect(lineOf('session closed')).toMatchObject(ana);
    expect(lineOf('session refused')).toMatchObject({ ...ana, code: 'target-unavailable' });
  });
});

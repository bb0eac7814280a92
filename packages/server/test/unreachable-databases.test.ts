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
import { findFreePort } from '@weir/testkit';
import { type Backdrop, startBackdrop, targetLines } from './backdrop.ts';
import { captureLog } from './captured-log.ts';
import { withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let log: readonly string[] = [];

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

/** The line, and beside it what the client was told. */
interface Logged {
  readonly cause?: unknown;
  readonly sqlstate: string | undefined;
}

/** What the log says of the login that fails on this target. */
async function refusalLogged(target: string): Promise<Logged> {
  const options = { targets: `targets:\n${target}`, log: 'log: { level: warn }' };
  let sqlstate: string | undefined;
  await withWeir(backdrop, options, async (running) => {
    sqlstate = (await running.refusal({})).code;
  });
  const lines: Record<string, unknown>[] = log.map((line) => JSON.parse(line));
  const [refused] = lines.filter(({ message }) => message === 'session refused');
  return { ...refused, sqlstate };
}

describe('the log of a login that found no database', () => {
  it('says that nothing listens there', async () => {
    const target = targetLines('orders', backdrop, { port: await findFreePort() });
    expect(await refusalLogged(target)).toMatchObject({
      code: 'upstream-unreachable',
      sqlstate: '08006',
      cause: 'ECONNREFUSED',
      requested: 'orders',
      principal: 'ana@acme.com',
    });
  });

  it('says what its account lacks', async () => {
    const target = targetLines('orders', backdrop).replace(/ +password: .*\n/, '');
    expect(await refusalLogged(target)).toMatchObject({
      code: 'upstream-refused',
      reason: 'the database asks for a password, and the target has none',
      sqlstate: '08004',
    });
  });

  const changes: Readonly<Record<string, readonly [string, string, string]>> = {
    'is the name of no host': ['host: 127.0.0.1', 'host: no-such-host.invalid', '^E'],
    'has another authority': [
      'ca: database-ca.crt',
      'ca: ca.crt',
      '^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)$',
    ],
    'has no such account': ['user: postgres', 'user: nobody', '^28P01$'],
  };

  it.each(Object.entries(changes))('says that it %s', async (what, [from, to, cause]) => {
    const refused = await refusalLogged(targetLines('orders', backdrop).replace(from, to));
    expect(refused.cause).toMatch(new RegExp(cause));
    expect(refused.sqlstate).toBe(what.includes('host') ? '08006' : '08004');
  });
});

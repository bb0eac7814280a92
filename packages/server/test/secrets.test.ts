import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, type ClientConfig } from 'pg';
import { type Backdrop, startBackdrop, targetLines, weirYaml } from './backdrop.ts';
import { environmentOf, expectError } from './running-weir.ts';
import { ServeChild } from './serve-child.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let child: ServeChild | undefined;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterEach(async () => {
  child?.signal('SIGKILL');
  await child?.exit();
});

afterAll(() => backdrop.stop());

/** No part of any of these may be found in a log. */
const CANARIES = {
  text: 'canary_in_text_7f3a',
  value: 'canary-in-value-91c2',
  row: 'canary-in-row-44be',
  password: 'canary-in-password-0d5e',
  setting: 'canary_in_setting_aa10',
};

const TARGETS = () => `targets:
${targetLines('orders', backdrop)}
${targetLines('payroll', backdrop, { password: 'WRONG_PASSWORD' })}`;

const ACCESS =
  'access:\n  - { name: all, groups: [engineering], targets: [orders, payroll], allow: all }';

async function withClient(
  choice: ClientConfig,
  use: (client: Client) => Promise<unknown>,
): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    user: 'ana@acme.com',
    database: 'orders',
    ssl: { ca: backdrop.certificates.ca },
    ...choice,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** Everything that a session can do, and everything that can go wrong with one. */
async function live(port: number, token: string): Promise<void> {
  const good = { port, password: token };
  const fails = (choice: ClientConfig) =>
    expectError(withClient({ port, ...choice }, async () => undefined));
  await withClient(good, async (client) => {
    const { text, value, row } = CANARIES;
    await client.query(`select '${row}' as ${text}`);
    await client.query('select $1::text as v', [value]);
    await client.query({ name: text, text: 'select $1::text', values: [value] });
    await expectError(client.query(`select '${value}'::int`));
    await expectError(client.query(`selekt ${text}`));
    await expectError(client.query('select $1::int', [value]));
    await client.query(`do $$ begin raise notice '${row}'; end $$`);
    await client.query(`set application_name = '${value}'`);
    await client.query(`listen ${text}`);
    await client.query(`notify ${text}, '${value}'`);
  });
  await fails({ password: CANARIES.password });
  await fails({ password: `${token}x` });
  await fails({ password: token, user: 'omar@acme.com' });
  await fails({ password: token, database: 'nowhere' });
  await fails({ password: token, database: 'payroll' });
  await fails({ password: token, options: `-c ${CANARIES.setting}=1` });
  await withClient(good, async (client) => {
    const lost = expectError(client.query(`select pg_sleep(60), '${CANARIES.value}'`));
    await backdrop.database.server?.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where query like '%' || $1 || '%' and pid <> pg_backend_pid()`,
      [CANARIES.value],
    );
    return Promise.race([lost, client.end()]);
  }).catch(() => undefined);
}

describe('the log, at its most talkative', () => {
  it.each(['json', 'text'])(
    'as %s tells of no statement, value, token or password',
    async (form) => {
      const log = `log: { level: debug, format: ${form} }`;
      const text = weirYaml(backdrop, { targets: TARGETS(), access: ACCESS, log });
      const configPath = join(backdrop.dir, 'weir.yaml');
      await writeFile(configPath, text);
      child = new ServeChild(configPath, environmentOf(backdrop));
      const token = await backdrop.issuer.tokenFor('ana');
      await live(await child.port(), token);
      await writeFile(
        configPath,
        text.replace('name: all', `name: 7, password: ${CANARIES.password}`),
      );
      child.signal('SIGHUP');
      await child.says(/the old one stays in force/);
      child.signal('SIGTERM');
      expect(await child.exit()).toBe(0);

      const { output } = child;
      for (const expected of [
        'session opened',
        'session closed',
        'session refused',
        'user-mismatch',
      ]) {
        expect(output).toContain(expected);
      }
      const environment = Object.values(environmentOf(backdrop));
      const secrets = [...Object.values(CANARIES), ...token.split('.'), ...environment, 'selekt'];
      for (const secret of secrets) expect(output).not.toContain(secret);
      expect(output).not.toMatch(/PRIVATE KEY|postgres:\/\//);
      for (const line of output.trim().split('\n')) {
        expect(line).toMatch(
          form === 'json' ? /^\{.*\}$/ : /^\d{4}-\d\d-\d\dT\S+ (info|warn|error|debug)/,
        );
      }
    },
  );
});

describe('a name that an issuer vouches for', () => {
  it('cannot forge what the log says of it', async () => {
    const log = 'log: { level: debug, format: text }';
    const configPath = join(backdrop.dir, 'weir.yaml');
    await writeFile(configPath, weirYaml(backdrop, { log }));
    child = new ServeChild(configPath, environmentOf(backdrop));
    const port = await child.port();
    const name = 'eve client=10.0.0.1:1 "principal=root"';
    const claims = { email: undefined, preferred_username: name, sub: 'eve' };
    const password = await backdrop.issuer.tokenFor('ana', { claims });
    await withClient({ port, password, user: 'eve' }, async (client) => client.query('select 1'));
    await child.says(/session closed/);
    child.signal('SIGTERM');
    await child.exit();
    expect(child.output).toContain(` principal=${JSON.stringify(name)} `);
  });
});

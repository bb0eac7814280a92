import { copyFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
import { type Issuer, makeCertificates, startIssuer } from '@weir/testkit';
import { type Backdrop, issuerLine, startBackdrop, weirYaml } from './backdrop.ts';
import { captureLog } from './captured-log.ts';
import { expectError, withWeir } from './running-weir.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let second: Issuer;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
  second = await startIssuer();
});

let log: readonly string[];

beforeEach(() => {
  log = captureLog();
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  await second.close();
  await backdrop.stop();
});

const ON_CALL_ONLY =
  'access:\n  - { name: on-call, groups: [on-call], targets: [orders], allow: all }';
const TAKEN = 'weir_config_reloads_total{result="taken"}';
const REFUSED = 'weir_config_reloads_total{result="refused"}';

describe('a valid configuration', () => {
  it('is in force for open sessions at their next statement, once it is read again', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const before = running.weir.digest();
      await client.query('select 1');
      await running.write({ access: ON_CALL_ONLY });
      expect(running.weir.reload()).toEqual([]);
      expect(running.weir.digest()).not.toBe(before);
      expect(running.told('session.closed')).toEqual([]);
      const error = await expectError(client.query('select 2'));
      expect(error.code).toBe('57P01');
      expect((await running.next('session.closed')).reason).toBe('session-revoked');
      expect(await running.refusal({})).toMatchObject({ code: '3D000' });
      const password = await backdrop.issuer.tokenFor('omar');
      const omar = await running.connect({ user: 'omar@acme.com', password });
      expect((await omar.query('select 3 as three')).rows).toEqual([{ three: 3 }]);
      expect(await running.metric(TAKEN)).toBeGreaterThanOrEqual(1);
    });
  });

  it('ends a session that it revokes inside a transaction, and the database rolls back', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('create table if not exists kept (id int)');
      await client.query('begin');
      await client.query('insert into kept values (1)');
      await running.write({ access: ON_CALL_ONLY });
      running.weir.reload();
      expect((await expectError(client.query('commit'))).code).toBe('57P01');
      await running.next('session.closed');
      const rows = await backdrop.database.server?.query('select * from kept');
      expect(rows).toEqual([]);
    });
  });

  it('leaves sessions alone that it still lets pass', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('begin');
      await running.write({ limits: 'limits: { idle_timeout: 1h }' });
      expect(running.weir.reload()).toEqual([]);
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('is read when the file is written', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const before = running.weir.digest();
      await running.write({ access: ON_CALL_ONLY });
      await until(() => running.weir.digest() !== before);
    });
  });

  it('is read when the file is replaced, as editors and orchestrators do', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const before = running.weir.digest();
      const other = join(backdrop.dir, 'weir.yaml.new');
      await writeFile(other, weirYaml(backdrop, { access: ON_CALL_ONLY }));
      await rename(other, running.configPath);
      await until(() => running.weir.digest() !== before);
    });
  });

  it('brings a new issuer, and takes an old one away', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const password = await second.tokenFor('ana');
      expect((await running.refusal({ password })).code).toBe('28P01');
      expect((await running.next('session.refused')).failure).toBe('unknown-issuer');
      await running.write({ identity: `identity:\n  issuers:\n${issuerLine('next', second)}` });
      expect(running.weir.reload()).toEqual([]);
      const client = await running.connect({ password });
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect((await running.refusal({})).code).toBe('28P01');
      expect((await running.next('session.refused', 2)).failure).toBe('unknown-issuer');
    });
  });
});

describe('an outage of the issuer', () => {
  it('is not made worse by reading the configuration again', async () => {
    const issuer = await startIssuer();
    const identity = `identity:\n  issuers:\n${issuerLine('acme', issuer)}`;
    await withWeir(backdrop, { identity }, async (running) => {
      const token = () => issuer.tokenFor('ana');
      await running.connect({ password: await token() });
      await issuer.close();
      const password = await token();
      await running.connect({ password });
      expect(running.weir.reload()).toEqual([]);
      await running.connect({ password });
      await running.write({ identity: identity.replace('audience: weir', 'audience: other') });
      expect(running.weir.reload()).toEqual([]);
      expect((await running.refusal({ password })).code).toBe('28P01');
      expect((await running.next('session.refused')).failure).toBe('wrong-audience');
    });
  });
});

describe('an invalid configuration', () => {
  it('changes nothing, says what is wrong and where, and is counted', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      const before = running.weir.digest();
      await running.write({
        access: 'access:\n  - { name: all, groups: [x], targets: [nowhere] }',
      });
      const problems = running.weir.reload();
      expect(problems.length).toBeGreaterThan(0);
      for (const { file, line, column, message } of problems) {
        expect(file).toBe(running.configPath);
        expect(line).toBeGreaterThan(1);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toBe('');
      }
      expect(log.join('')).toContain('the old one stays in force');
      expect(log.join('')).toContain(problems[0]?.message);
      expect(running.weir.digest()).toBe(before);
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await running.connect();
      // The watch may have read it, too.
      expect(await running.metric(REFUSED)).toBeGreaterThanOrEqual(1);
      expect(await running.metric(TAKEN)).toBeUndefined();
    });
  });

  it.each([
    ['is no YAML', 'access: ['],
    ['is empty', ''],
    ['is noise', '\u0000\u0001\u0002'],
  ])('that %s changes nothing', async (_what, text) => {
    await withWeir(backdrop, {}, async (running) => {
      const before = running.weir.digest();
      await writeFile(running.configPath, text);
      expect(running.weir.reload().length).toBeGreaterThan(0);
      expect(running.weir.digest()).toBe(before);
      await running.connect();
    });
  });

  it('whose file is gone changes nothing', async () => {
    await withWeir(backdrop, {}, async (running) => {
      await rename(running.configPath, join(backdrop.dir, 'elsewhere.yaml'));
      expect(running.weir.reload()).toMatchObject([{ file: running.configPath }]);
      await running.connect();
    });
  });
});

describe('a new certificate', () => {
  it('is what new connections see, while old ones go on', async () => {
    const dir = backdrop.dir;
    for (const name of ['server.crt', 'server.key']) {
      await copyFile(join(dir, name), join(dir, `live-${name}`));
    }
    const tls = 'tls: { cert: live-server.crt, key: live-server.key }';
    const fresh = await makeCertificates({ hosts: ['127.0.0.1'] });
    await withWeir(backdrop, { tls }, async (running) => {
      const before = await running.connect();
      await writeFile(join(dir, 'live-server.key'), fresh.key);
      expect(running.weir.reload().length).toBeGreaterThan(0);
      await running.connect();
      await writeFile(join(dir, 'live-server.crt'), fresh.cert);
      expect(running.weir.reload()).toEqual([]);
      await expect(running.connect()).rejects.toThrow(/certificate|signature/);
      await running.connect({ ssl: { ca: fresh.ca } });
      expect((await before.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });
});

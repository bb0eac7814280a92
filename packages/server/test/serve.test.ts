import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { type Backdrop, type Sections, startBackdrop, weirYaml } from './backdrop.ts';
import { environmentOf, expectError } from './running-weir.ts';
import { ServeChild } from './serve-child.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
const children: ServeChild[] = [];

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.signal('SIGKILL');
    await child.exit();
  }
});

afterAll(() => backdrop.stop());

const INFO = { log: 'log: { level: info }' };

async function serve(changed: Partial<Sections> = INFO): Promise<ServeChild> {
  return serveText(weirYaml(backdrop, changed));
}

async function serveText(text: string): Promise<ServeChild> {
  const configPath = join(backdrop.dir, 'weir.yaml');
  await writeFile(configPath, text);
  const child = new ServeChild(configPath, environmentOf(backdrop));
  children.push(child);
  return child;
}

async function connectTo(child: ServeChild): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: await child.port(),
    user: 'ana@acme.com',
    database: 'orders',
    password: await backdrop.issuer.tokenFor('ana'),
    ssl: { ca: backdrop.certificates.ca },
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('weir serve', () => {
  it('says where it listens and what policy is in force, and serves', async () => {
    const child = await serve();
    const client = await connectTo(child);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await child.says(/"message":"admin listening"/);
    await child.says(/"digest":"[0-9a-f]{64}"[^\n]*"message":"policy in force"/);
    await child.says(/"message":"session opened"/);
    await client.end();
  });

  it('says which stages decide nothing yet', async () => {
    const child = await serve();
    await child.port();
    for (const stage of ['access', 'guardrail', 'approval', 'auditIntent']) {
      await child.says(new RegExp(`lets every statement pass"[^\\n]*"stage":"${stage}"`));
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s lets a transaction end, says goodbye and exits 0',
    async (signal) => {
      const child = await serve();
      const busy = await connectTo(child);
      const idle = await connectTo(child);
      await busy.query('begin');
      const told = new Promise((resolve) => idle.once('error', resolve));
      child.signal(signal);
      expect(await told).toMatchObject({ severity: 'FATAL', code: '57P01' });
      expect((await busy.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await busy.query('commit');
      expect(await child.exit()).toBe(0);
      expect(child.output).toContain('"message":"stopped"');
    },
  );

  it('on SIGTERM sends a result to its end before it exits', async () => {
    const child = await serve();
    const client = await connectTo(child);
    const query = client.query("select repeat('x', 10000) from generate_series(1, 3000)");
    await client.query('select 1');
    child.signal('SIGTERM');
    expect((await query).rowCount).toBe(3_000);
    expect(await child.exit()).toBe(0);
  });

  it('on SIGHUP reads its configuration again', async () => {
    const child = await serve();
    const client = await connectTo(child);
    const text = weirYaml(backdrop, { ...INFO, access: 'access: []' });
    await writeFile(join(backdrop.dir, 'weir.yaml'), text);
    child.signal('SIGHUP');
    await child.says(/policy in force[\s\S]*policy in force/);
    expect((await expectError(client.query('select 1'))).code).toBe('57P01');
  });

  it('with an invalid configuration says everything that is wrong, and exits 1', async () => {
    const text = weirYaml(backdrop, INFO).replace('groups:', 'gruops:').replace('port:', 'prot:');
    const child = await serveText(text);
    expect(await child.exit()).toBe(1);
    const lines = child.output.trim().split('\n');
    const place = `${join(backdrop.dir, 'weir.yaml')}:\\d+:\\d+: `;
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) expect(line).toMatch(new RegExp(`^${place}`));
    expect(child.output).toMatch(/did you mean groups\?/);
  });

  it('without its configuration exits 1', async () => {
    const child = new ServeChild(join(backdrop.dir, 'nowhere.yaml'), {});
    children.push(child);
    expect(await child.exit()).toBe(1);
    expect(child.output).toMatch(/nowhere\.yaml:1:1: the file does not exist/);
  });

  const unreadable = {
    'its certificate': 'tls: { cert: none.crt, key: server.key }',
    'its private key': 'tls: { cert: server.crt, key: none.key }',
  };

  it.each(Object.entries(unreadable))('without %s exits 1', async (_what, tls) => {
    const child = await serve({ ...INFO, tls });
    expect(await child.exit()).toBe(1);
    expect(child.output).toMatch(/^\S+weir\.yaml:3:\d+: the file does not exist\n$/);
  });

  describe.each(['postgres', 'admin'])('whose %s listener cannot be opened', (key) => {
    /** All that it says and that is no line of its log. */
    async function failure(address: string): Promise<readonly string[]> {
      const free = key === 'admin' ? 'postgres: 127.0.0.1:0, ' : '';
      const child = await serve({ ...INFO, listen: `listen: { ${free}${key}: ${address} }` });
      expect(await child.exit()).toBe(1);
      return child.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    }

    it('says that its port is taken, and exits 1', async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const bound = taken.address();
      const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
      expect(await failure(address)).toEqual([
        `listen.${key}: cannot listen on ${address}: the address is in use (EADDRINUSE)`,
        'End what listens there (perhaps another Weir), or choose another port.',
      ]);
      await new Promise((resolve) => taken.close(resolve));
    });

    it("says that its address is not this machine's, and exits 1", async () => {
      // Of a network for documentation (RFC 5737), so no machine's.
      expect(await failure('192.0.2.1:6432')).toEqual([
        `listen.${key}: cannot listen on 192.0.2.1:6432: this machine does not have the address (EADDRNOTAVAIL)`,
        "Choose one of this machine's addresses, or 0.0.0.0 for all of them.",
      ]);
    });
  });
});

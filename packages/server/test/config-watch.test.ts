import { copyFile, mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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
import { makeCertificates } from '@weir/testkit';
import { type Backdrop, type Sections, startBackdrop, weirYaml } from './backdrop.ts';
import { captureLog } from './captured-log.ts';
import { type RunningWeir, withWeirAt } from './running-weir.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let log: readonly string[];
let places = 0;

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

const CHANGED: Partial<Sections> = {
  access: 'access:\n  - { name: on-call, groups: [on-call], targets: [orders], allow: all }',
};
/** Twice what a change needs at most until it is read; nothing tells that something did not happen. */
const LONG_MS = 5_000;

/** A directory of its own. */
async function makePlace(): Promise<string> {
  places += 1;
  const dir = join(backdrop.dir, `place-${places}`);
  await mkdir(dir);
  return dir;
}

/** A directory with a configuration and the files that it refers to. */
async function makeConfigured(changed: Partial<Sections> = {}): Promise<string> {
  const dir = await makePlace();
  for (const name of ['server.crt', 'server.key', 'database-ca.crt']) {
    await copyFile(join(backdrop.dir, name), join(dir, name));
  }
  await writeFile(join(dir, 'weir.yaml'), yaml(changed));
  return dir;
}

const yaml = (changed: Partial<Sections>) =>
  weirYaml(backdrop, { log: 'log: { level: info }', ...changed });

/** Runs a test, which has to end with another policy in force. */
async function expectChange(
  configPath: string,
  change: (running: RunningWeir) => Promise<void>,
): Promise<void> {
  await withWeirAt(configPath, backdrop, async (running) => {
    const before = running.weir.digest();
    await change(running);
    await until(() => running.weir.digest() !== before);
  });
}

const timesTaken = () => log.filter((line) => line.includes('policy in force')).length;

describe('the configuration is read again', () => {
  it('when the file behind a link is written', async () => {
    const [dir, elsewhere] = [await makeConfigured(), await makePlace()];
    const real = join(elsewhere, 'real.yaml');
    await rename(join(dir, 'weir.yaml'), real);
    await symlink(real, join(dir, 'weir.yaml'));
    await expectChange(join(dir, 'weir.yaml'), () => writeFile(real, yaml(CHANGED)));
  });

  it('when a link to its directory is made to lead elsewhere', async () => {
    const [parent, first, second] = [
      await makePlace(),
      await makeConfigured(),
      await makeConfigured(CHANGED),
    ];
    await symlink(first, join(parent, 'current'));
    await symlink(second, join(parent, 'next'));
    await expectChange(join(parent, 'current', 'weir.yaml'), () =>
      rename(join(parent, 'next'), join(parent, 'current')),
    );
  });

  it('when its directory is replaced', async () => {
    const [dir, next] = [await makeConfigured(), await makeConfigured(CHANGED)];
    await expectChange(join(dir, 'weir.yaml'), async () => {
      await rename(dir, `${dir}-old`);
      await rename(next, dir);
    });
  });

  it('when it comes back after it was gone, and its absence is said once', async () => {
    const dir = await makeConfigured();
    const path = join(dir, 'weir.yaml');
    await expectChange(path, async () => {
      await rename(path, `${path}.away`);
      await until(() => log.some((line) => line.includes('does not exist')));
      await writeFile(path, yaml(CHANGED));
    });
    expect(log.filter((line) => line.includes('does not exist'))).toHaveLength(1);
  });

  it('although the file is written all the time', async () => {
    const dir = await makeConfigured();
    const path = join(dir, 'weir.yaml');
    await expectChange(path, async (running) => {
      const before = running.weir.digest();
      const deadline = Date.now() + LONG_MS;
      while (running.weir.digest() === before && Date.now() < deadline) {
        await writeFile(`${path}.next`, yaml(CHANGED));
        await rename(`${path}.next`, path);
        await delay(100);
      }
      expect(running.weir.digest()).not.toBe(before);
    });
  });

  it('when the certificate and its key are renewed', async () => {
    const dir = await makeConfigured();
    const fresh = await makeCertificates({ hosts: ['127.0.0.1'] });
    await withWeirAt(join(dir, 'weir.yaml'), backdrop, async (running) => {
      await running.connect();
      await writeFile(join(dir, 'server.key'), fresh.key);
      await writeFile(join(dir, 'server.crt'), fresh.cert);
      await until(() => timesTaken() === 2);
      await running.connect({ ssl: { ca: fresh.ca } });
    });
  });

  it('when the password of a database is renewed', async () => {
    const reference = (text: string) => text.replaceAll('{env:DATABASE_PASSWORD}', '{file:secret}');
    const dir = await makeConfigured();
    const path = join(dir, 'weir.yaml');
    await writeFile(path, reference(yaml({})));
    await writeFile(join(dir, 'secret'), 'outdated');
    await withWeirAt(path, backdrop, async (running) => {
      expect((await running.refusal({})).code).toBe('08004');
      await writeFile(join(dir, 'secret'), `${backdrop.database.password}\n`);
      await until(() => timesTaken() === 2);
      await running.connect();
    });
  });
});

describe('the log says nothing', () => {
  it('of a file that was written with the same content', async () => {
    const dir = await makeConfigured();
    const path = join(dir, 'weir.yaml');
    await withWeirAt(path, backdrop, async () => {
      const before = log.length;
      await writeFile(path, yaml({}));
      await utimes(join(dir, 'server.crt'), new Date(), new Date());
      await delay(LONG_MS);
      expect(log.slice(before)).toEqual([]);
    });
  });
});

import { existsSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findFreePort } from '@weir/testkit';
import { Client } from 'pg';
import { type Backdrop, startBackdrop, weirYaml } from './backdrop.ts';
import { environmentOf } from './running-weir.ts';
import { ServeChild } from './serve-child.ts';
import { untilAsync } from './until.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

/** A proxy of its own, on ports that are known without its log. */
class Scene {
  readonly #config = join(backdrop.dir, 'weir.yaml');
  readonly #port: number;
  readonly #admin: number;

  private constructor(port: number, admin: number) {
    this.#port = port;
    this.#admin = admin;
  }

  /** Runs a test with a proxy whose log goes to the descriptor, or else to the child's output. */
  static async with(log: number | undefined, test: (scene: Scene, child: ServeChild) => unknown) {
    const scene = new Scene(await findFreePort(), await findFreePort());
    const { env, text } = scene.#settings();
    await writeFile(scene.#config, text);
    const child = new ServeChild(scene.#config, env, log);
    try {
      await untilAsync(() => scene.lives());
      await test(scene, child);
    } finally {
      child.signal('SIGKILL');
      await child.exit();
    }
  }

  #settings() {
    const listen = `listen: { postgres: 127.0.0.1:${this.#port}, admin: 127.0.0.1:${this.#admin} }`;
    return { env: environmentOf(backdrop), text: weirYaml(backdrop, { listen, log: '' }) };
  }

  async lives(): Promise<boolean> {
    return (await this.#page('healthz').catch(() => '')) === 'ok\n';
  }

  async lostLines(): Promise<number> {
    const [, count] = /^weir_log_lines_lost_total (\d+)$/m.exec(await this.#page('metrics')) ?? [];
    return Number(count);
  }

  async #page(name: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#admin}/${name}`)).text();
  }

  async connect(): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: this.#port,
      user: 'ana@acme.com',
      database: 'orders',
      password: await backdrop.issuer.tokenFor('ana'),
      ssl: { ca: backdrop.certificates.ca },
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Makes each reading of the configuration a long line of the log. */
  async breakConfiguration(): Promise<void> {
    const unknown = Array.from({ length: 1000 }, (_, index) => `unknown_${index}: 1`);
    await writeFile(this.#config, `${this.#settings().text}\n${unknown.join('\n')}\n`);
  }
}

async function answers(client: Client): Promise<void> {
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
}

describe('a proxy whose log cannot be written', () => {
  it('goes on with sessions and logins when the reader of its log goes away', async () => {
    await Scene.with(undefined, async (scene, child) => {
      const before = await scene.connect();
      child.abandonLog();
      for (let logins = 0; logins < 3; logins += 1) {
        const client = await scene.connect();
        await answers(client);
        await client.end();
      }
      await answers(before);
      await before.end();
      expect(await scene.lostLines()).toBeGreaterThan(0);
    });
  });

  const full = '/dev/full';
  const hasFull = existsSync(full);
  const why = hasFull ? '' : ` (skipped: there is no ${full})`;
  (hasFull ? it : it.skip)(`serves when the disk of its log is full${why}`, async () => {
    const log = await open(full, 'w');
    await Scene.with(log.fd, async (scene) => {
      const client = await scene.connect();
      await answers(client);
      await client.end();
      expect(await scene.lostLines()).toBeGreaterThan(0);
    });
    await log.close();
  });

  it('loses lines rather than keep them all when nobody reads its log', async () => {
    await Scene.with(undefined, async (scene, child) => {
      const client = await scene.connect();
      child.neglectLog();
      await scene.breakConfiguration();
      await untilAsync(async () => {
        child.signal('SIGHUP');
        return (await scene.lostLines()) > 0;
      });
      await answers(client);
      await client.end();
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  describeServices,
  formatServices,
  POSTGRES_VERSIONS,
  type PostgresServer,
  ServiceUnavailable,
  startPostgres,
} from '@weir/testkit';
import { Client } from 'pg';
import { startNativePostgres } from '../src/postgres-native.ts';

// Making a cluster takes a second, and several on a busy machine.
jest.setTimeout(60_000);

const servers: PostgresServer[] = [];

async function start(options: Parameters<typeof startPostgres>[0]): Promise<PostgresServer> {
  const server = await startPostgres(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a Postgres server for tests', () => {
  it.each(POSTGRES_VERSIONS)(
    'of version %s starts, speaks TLS and says its version',
    async (version) => {
      const server = await start({ version });
      const [row] = await server.query(
        `select current_setting('server_version_num')::int / 10000 as major, ssl,
        current_setting('max_connections') as connections
        from pg_stat_ssl where pid = pg_backend_pid()`,
      );
      expect(row).toEqual({ major: Number(version), ssl: true, connections: '200' });
      if (server.source === 'native') {
        expect(await server.logTail()).toContain('ready to accept connections');
      }
    },
  );

  it('takes the settings and the authentication rules that a test asks for', async () => {
    const server = await start({
      version: '18',
      settings: { work_mem: '3MB' },
      hba: ['host all trusted all trust', 'host all all all scram-sha-256'],
      tls: false,
    });
    await server.query('create role trusted login');
    const client = new Client({
      host: server.host,
      port: server.port,
      user: 'trusted',
      database: 'postgres',
    });
    await client.connect();
    const { rows } = await client.query('show work_mem');
    await client.end();
    expect(rows).toEqual([{ work_mem: '3MB' }]);
    expect(server.tls).toBeUndefined();
  });

  it('refuses a wrong password', async () => {
    const server = await start({ version: '18' });
    const { host, port, user, database } = server;
    const client = new Client({ host, port, user, database, password: 'wrong' });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('says in its error why it did not start', async () => {
    await expect(startPostgres({ version: '18', settings: { work_mem: 'lots' } })).rejects.toThrow(
      /work_mem/,
    );
  });

  it('leaves no process behind when it is stopped', async () => {
    const server = await startNativePostgres({ version: '15' });
    expect(isAlive(Number(server.pid))).toBe(true);
    await server.stop();
    expect(isAlive(Number(server.pid))).toBe(false);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'ends, with its directory, when the program that started it is ended by %s',
    async (signal) => {
      const program = fileURLToPath(new URL('./fixtures/start-postgres.ts', import.meta.url));
      const child = spawn(process.execPath, ['--conditions=weir-source', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const { pid, dir } = JSON.parse(line);
      expect([isAlive(pid), existsSync(dir)]).toEqual([true, true]);
      child.kill(signal);
      await until(() => !isAlive(pid) && !existsSync(dir));
    },
  );
});

describe('a server that the environment names', () => {
  const variable = 'WEIR_TEST_POSTGRES_17';
  afterEach(() => {
    delete process.env[variable];
  });

  it('is used as it is and left running', async () => {
    const owned = await start({ version: '17' });
    process.env[variable] = owned.adminUrl;
    const server = await startPostgres({ version: '17' });
    expect(server).toMatchObject({ source: 'environment', port: owned.port });
    await server.stop();
    expect(await owned.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is refused when it is of another version', async () => {
    const other = await start({ version: '18' });
    process.env[variable] = other.adminUrl;
    await expect(startPostgres({ version: '17' })).rejects.toThrow(ServiceUnavailable);
  });

  it('is not used by a test that needs settings of its own', async () => {
    process.env[variable] = 'postgres://nobody@127.0.0.1:1/none';
    const server = await start({ version: '17', settings: {} });
    expect(server.source).not.toBe('environment');
  });
});

describe('the description of the services', () => {
  it('names each version of Postgres and where it comes from', async () => {
    const services = await describeServices();
    expect(services.map(({ service }) => service)).toEqual([
      'postgres 15',
      'postgres 17',
      'postgres 18',
    ]);
    expect(formatServices(services)).toMatch(/^postgres 18: (native|docker|environment) \(.+\)$/m);
  });

  it('says loudly what cannot be had', () => {
    const lines = formatServices([
      { service: 'postgres 15', source: 'none', detail: 'no binaries' },
    ]);
    expect(lines).toBe('postgres 15: NOT AVAILABLE: no binaries');
  });
});

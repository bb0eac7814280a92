import { randomBytes } from 'node:crypto';
import type { StartedTestContainer } from 'testcontainers';
import { type Certificates, makeCertificates } from './certificates.ts';
import { queryOnce, urlOf } from './postgres-query.ts';
import type { PostgresOptions, PostgresServer } from './postgres-server.ts';
import { hbaText, settingArguments } from './postgres-settings.ts';

const PORT = 5432;
const USER = 'postgres';
const READY = /database system is ready to accept connections/;
/** The image starts the server twice: first for itself, to make the superuser. */
const READY_TIMES = 2;
const START_TIMEOUT = 120_000;

/** Files come from outside as root's; a server takes only a key that is its own. */
const ENTRYPOINT = `if [ -f /weir/server.key ]; then
  chown postgres /weir/server.key && chmod 600 /weir/server.key
fi
exec docker-entrypoint.sh postgres "$@"`;

/** The image itself talks to its server over the local socket. */
const LOCAL_HBA = 'local all all trust\n';

/** The image that stands for this version. */
export function postgresImage(version: string): string {
  return `postgres:${version}`;
}

/** Starts a PostgreSQL in a container, from the official image. */
export async function startDockerPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  const { host: dockerHost } = (await getContainerRuntimeClient()).info.containerRuntime;
  const password = randomBytes(12).toString('hex');
  const tls = await certificatesFor(options, dockerHost);
  const settings = settingArguments(
    options,
    '/weir/hba.conf',
    tls === undefined ? undefined : '/weir',
  );
  const container = await new GenericContainer(postgresImage(options.version))
    .withEnvironment({ POSTGRES_PASSWORD: password, POSTGRES_INITDB_ARGS: '--no-sync' })
    .withCopyContentToContainer([
      { content: LOCAL_HBA + hbaText(options), target: '/weir/hba.conf', mode: 0o644 },
      ...(tls === undefined
        ? []
        : [
            { content: tls.cert, target: '/weir/server.crt', mode: 0o644 },
            { content: tls.key, target: '/weir/server.key', mode: 0o600 },
          ]),
    ])
    .withEntrypoint(['bash', '-c', ENTRYPOINT, 'weir'])
    .withCommand([...settings])
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forLogMessage(READY, READY_TIMES))
    .withStartupTimeout(START_TIMEOUT)
    .start();
  return describe(options, container, password, tls?.ca);
}

async function certificatesFor(
  options: PostgresOptions,
  dockerHost: string,
): Promise<Certificates | undefined> {
  if (options.tls === false) return undefined;
  if (options.tls !== undefined) return options.tls;
  return makeCertificates({ hosts: [dockerHost, 'localhost', '127.0.0.1'] });
}

function describe(
  options: PostgresOptions,
  container: StartedTestContainer,
  password: string,
  ca: string | undefined,
): PostgresServer {
  const host = container.getHost() === 'localhost' ? '127.0.0.1' : container.getHost();
  const port = container.getMappedPort(PORT);
  const address = { host, port, user: USER, password, database: 'postgres' };
  return {
    version: options.version,
    source: 'docker',
    description: `docker, ${postgresImage(options.version)}`,
    ...address,
    adminUrl: urlOf(address),
    ...(ca === undefined ? {} : { tls: { ca } }),
    query: (text, values) => queryOnce(address, ca, text, values),
    logTail: async () => '',
    stop: async () => {
      await container.stop({ timeout: 0 });
    },
  };
}

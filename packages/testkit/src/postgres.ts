import { dockerAnswers } from './docker.ts';
import { startDockerPostgres } from './postgres-docker.ts';
import { connectEnvironmentPostgres } from './postgres-environment.ts';
import { startNativePostgres } from './postgres-native.ts';
import type { PostgresOptions, PostgresServer } from './postgres-server.ts';

/** Versions whose image a daemon could not run; asking again would take as long to fail. */
const withoutImage = new Set<string>();

/**
 * A real PostgreSQL that ends with this process. It is obtained from the environment
 * (`WEIR_TEST_POSTGRES_<version>`), else through Docker, else natively.
 *
 * @throws ServiceUnavailable when this machine has no such server.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  return (
    (await connectEnvironmentPostgres(options)) ??
    (await tryDocker(options)) ??
    (await startNativePostgres(options))
  );
}

async function tryDocker(options: PostgresOptions): Promise<PostgresServer | undefined> {
  const { version } = options;
  if (withoutImage.has(version) || !(await dockerAnswers())) return undefined;
  try {
    return await startDockerPostgres(options);
  } catch (error) {
    // A daemon that cannot pull is common, and binaries serve as well; it is said, not hidden.
    withoutImage.add(version);
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`postgres ${version}: not through Docker (${reason})\n`);
    return undefined;
  }
}

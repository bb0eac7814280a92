import { connectEnvironmentPostgres } from './postgres-environment.ts';
import { startNativePostgres } from './postgres-native.ts';
import type { PostgresOptions, PostgresServer } from './postgres-server.ts';

/**
 * A real PostgreSQL that ends with this process. It is obtained from the environment
 * (`WEIR_TEST_POSTGRES_<version>`), else natively.
 *
 * @throws ServiceUnavailable when this machine has no such server.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  return (await connectEnvironmentPostgres(options)) ?? (await startNativePostgres(options));
}

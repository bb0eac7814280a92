/**
 * The source of exactly the PostgreSQL server that is installed, and the library that its regression
 * suite loads into that server. Both come from Debian's archive and stay in the repository's
 * `.cache`. Another minor version's suite would fail for reasons that no proxy has a part in.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const CACHE = resolve(import.meta.dirname, '../../.cache/postgres-regression');
const PACKAGE = 'postgresql-15';
const HEADERS = 'postgresql-server-dev-15';

/** Modules of contrib/spi that the suite's triggers use; the server package ships them. */
const INSTALLED_LIBRARIES = ['refint.so', 'autoinc.so'];

export const SERVER_HOME = '/usr/lib/postgresql/15';

export interface ServerSource {
  /** Debian's version of the installed server. */
  readonly version: string;
  /** The folder of pg_regress's tests: `sql`, `expected`, `data`, `parallel_schedule`. */
  readonly regress: string;
  /** The folder of the isolation tests: `specs`, `expected`, `isolation_schedule`. */
  readonly isolation: string;
  /** The folder of the libraries that the tests load. */
  readonly libraries: string;
}

/** Finds the source in the cache or fetches it. Throws when the archive has it no longer. */
export async function serverSource(): Promise<ServerSource> {
  const version = await installedVersion();
  const folder = join(CACHE, version);
  if (!existsSync(folder)) {
    console.log(`Fetching the source of ${PACKAGE} ${version}`);
    await fetchInto(folder, version);
  }
  return {
    version,
    regress: join(folder, 'regress'),
    isolation: join(folder, 'isolation'),
    libraries: join(folder, 'libraries'),
  };
}

async function installedVersion(): Promise<string> {
  try {
    const query = ['-W', '-f', '$' + '{Version}', PACKAGE];
    const { stdout } = await execute('dpkg-query', query);
    return stdout.trim();
  } catch (cause) {
    throw new Error(`${PACKAGE} is not installed: run scripts/install-system-packages.sh`, {
      cause,
    });
  }
}

async function fetchInto(folder: string, version: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'fetch-'));
  try {
    await fetchPackages(work, version);
    const unpacked = join(work, 'source');
    await execute('dpkg-source', ['-x', await only(work, '.dsc'), unpacked], { cwd: work });
    await execute('dpkg-deb', ['-x', await only(work, '.deb'), join(work, 'headers')], {
      cwd: work,
    });

    const kept = join(work, 'kept');
    for (const suite of ['regress', 'isolation']) {
      await cp(join(unpacked, 'src/test', suite), join(kept, suite), { recursive: true });
    }
    await buildLibraries(
      join(kept, 'regress/regress.c'),
      join(work, 'headers'),
      join(kept, 'libraries'),
    );
    await rename(kept, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Package lists of its own, so that the system's sources stay as they are and root is not needed. */
async function fetchPackages(work: string, version: string): Promise<void> {
  const { stdout } = await execute('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(COMPONENT)',
    'Created-By: Packages',
  ]);
  const archives = [...new Set(stdout.trim().split('\n'))].flatMap((archive) => [
    `deb ${archive}`,
    `deb-src ${archive}`,
  ]);
  await writeFile(join(work, 'sources.list'), `${archives.join('\n')}\n`);
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'archives/partial'), { recursive: true });

  const apt = (...words: string[]) =>
    execute('apt-get', [...privateLists(work), ...words], { cwd: work });
  try {
    await apt('update');
    await apt('source', '--download-only', `${PACKAGE}=${version}`);
    await apt('download', `${HEADERS}=${version}`);
  } catch (cause) {
    const advice = `upgrade ${PACKAGE} to the version that the archive has now`;
    throw new Error(`the archive has no source of ${PACKAGE} ${version}; ${advice}`, { cause });
  }
}

function privateLists(work: string): string[] {
  return [
    `Dir::Etc::SourceList=${join(work, 'sources.list')}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${work}`,
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
}

async function buildLibraries(source: string, headers: string, libraries: string): Promise<void> {
  await mkdir(libraries, { recursive: true });
  const include = join(headers, 'usr/include/postgresql/15/server');
  const output = join(libraries, 'regress.so');
  await execute('gcc', ['-O2', '-fPIC', '-shared', `-I${include}`, '-o', output, source]);
  for (const library of INSTALLED_LIBRARIES) {
    await cp(join(SERVER_HOME, 'lib', library), join(libraries, library));
  }
}

async function only(folder: string, suffix: string): Promise<string> {
  const found = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  const [name] = found;
  if (name === undefined || found.length > 1)
    throw new Error(`expected one ${suffix} in ${folder}`);
  return name;
}

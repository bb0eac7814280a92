import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Secret } from '@weir/contract';
import { z } from 'zod';
import { CommandFailure, EXIT } from './command-failure.ts';
import { systemCode } from './system-error.ts';
import type { Terminal } from './terminal.ts';

/** A person signed in at an issuer, on this machine. */
export interface StoredLogin {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  /** The user name that databases know the person by. */
  readonly user: string;
  /** What a database takes as the password. */
  readonly token: Secret;
  /** When the token ends, milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly refreshToken?: Secret;
}

/** All who are signed in, and whose turn it is when no issuer is named. */
export interface StoredLogins {
  readonly current: string | undefined;
  readonly logins: readonly StoredLogin[];
}

const FILE = 'tokens.json';
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

const FILE_SHAPE = z.object({
  version: z.literal(1),
  current: z.string().optional(),
  logins: z.array(
    z.object({
      issuer: z.string(),
      clientId: z.string(),
      audience: z.string(),
      user: z.string(),
      token: z.string().transform((text) => new Secret(text)),
      expiresAt: z.number(),
      refreshToken: z
        .string()
        .transform((text) => new Secret(text))
        .optional(),
    }),
  ),
});

/** Weir's directory under the user's configuration (XDG Base Directory Specification 0.8). */
export function configDirectory(env: Terminal['env']): string {
  const chosen = env['XDG_CONFIG_HOME'] ?? '';
  const base = isAbsolute(chosen) ? chosen : join(env['HOME'] ?? homedir(), '.config');
  return join(base, 'weir');
}

/**
 * Reads who is signed in; nobody when there is no file. Throws a `CommandFailure` for a file that
 * others can read or that is not of this form.
 */
export async function readLogins(directory: string): Promise<StoredLogins> {
  const path = join(directory, FILE);
  const text = await readPrivateFile(path);
  if (text === undefined) {
    return { current: undefined, logins: [] };
  }
  const parsed = FILE_SHAPE.safeParse(parseJson(text));
  if (!parsed.success) {
    const hint = `Remove ${path} and run: weir login`;
    throw new CommandFailure(EXIT.failed, 'The stored sign-ins cannot be read', hint);
  }
  const { current, logins } = parsed.data;
  return { current, logins: logins.map(withoutAbsent) };
}

/**
 * Adds or replaces one sign-in and says which issuer is the current one. The file changes as a
 * whole; the caller holds the lock, so that nobody else's change is lost.
 */
export async function storeLogin(
  directory: string,
  login: StoredLogin,
  current: string | undefined,
): Promise<void> {
  const { logins } = await readLogins(directory);
  const others = logins.filter(({ issuer }) => issuer !== login.issuer);
  const file = {
    version: 1,
    current,
    logins: [...others, login].map((stored) => ({
      ...stored,
      token: stored.token.reveal(),
      refreshToken: stored.refreshToken?.reveal(),
    })),
  };
  await replaceFile(join(directory, FILE), `${JSON.stringify(file, null, 2)}\n`);
}

/** Makes the directory, or closes to others the one that is there. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  await chmod(directory, OWNER_ONLY_DIRECTORY);
}

async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits: there the user's profile directory is private.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const hint = `Run: chmod 600 ${path}`;
      throw new CommandFailure(EXIT.failed, 'Others can read the stored sign-ins', hint);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Writes beside the file and renames, so that a reader sees the old file or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', OWNER_ONLY_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type ParsedLogin = z.infer<typeof FILE_SHAPE>['logins'][number];

function withoutAbsent({ refreshToken, ...login }: ParsedLogin): StoredLogin {
  return refreshToken === undefined ? login : { ...login, refreshToken };
}

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { CommandFailure, EXIT } from './command-failure.ts';
import type { Terminal } from './terminal.ts';
import type { StoredLogins } from './token-store.ts';

/** Where to sign in, as whom, and for what. */
export interface LoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
}

/** What `weir login` was told. */
export interface LoginOptions {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly audience?: string;
  readonly config?: string;
}

const DEFAULT_CLIENT = 'weir';
const DEFAULT_AUDIENCE = 'weir';

/**
 * The part of `weir.yaml` that says where people sign in. It is read by itself, because the machine
 * of somebody who only signs in has none of the secrets that the whole file needs.
 */
const CONFIG_SHAPE = z.object({
  identity: z.object({
    issuers: z.array(
      z.object({ url: z.string(), audience: z.string(), kind: z.string().default('human') }),
    ),
  }),
});

/**
 * Settles where to sign in: the options first, then the environment (`WEIR_ISSUER`,
 * `WEIR_CLIENT_ID`), then the file given by `--config`, then the last sign-in.
 */
export async function loginSettings(
  options: LoginOptions,
  env: Terminal['env'],
  stored: StoredLogins,
): Promise<LoginSettings> {
  const last = stored.logins.find(({ issuer }) => issuer === stored.current);
  const named = options.issuer ?? env['WEIR_ISSUER'];
  const configured =
    options.config === undefined ? undefined : await issuerOf(options.config, named);
  const issuer = named ?? configured?.issuer ?? last?.issuer;
  if (issuer === undefined) {
    const hint = 'Run: weir login --issuer https://…';
    throw new CommandFailure(EXIT.failed, 'There is no issuer to sign in at', hint);
  }
  const earlier = stored.logins.find((login) => login.issuer === issuer);
  return {
    issuer,
    clientId: options.clientId ?? env['WEIR_CLIENT_ID'] ?? earlier?.clientId ?? DEFAULT_CLIENT,
    audience: options.audience ?? configured?.audience ?? earlier?.audience ?? DEFAULT_AUDIENCE,
  };
}

async function issuerOf(path: string, named: string | undefined) {
  const issuers = await peopleIssuers(path);
  const matching = named === undefined ? issuers : issuers.filter(({ url }) => url === named);
  const [first, ...others] = matching;
  if (first === undefined || others.length > 0) {
    const message = `${path} names ${matching.length} issuers to choose from`;
    throw new CommandFailure(EXIT.failed, message, 'Choose one with --issuer.');
  }
  return { issuer: first.url, audience: first.audience };
}

async function peopleIssuers(path: string) {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new CommandFailure(EXIT.failed, `${path} cannot be read`);
  }
  const parsed = CONFIG_SHAPE.safeParse(parseYaml(text));
  if (!parsed.success) {
    throw new CommandFailure(EXIT.failed, `${path} names no issuers`, 'Run: weir check');
  }
  return parsed.data.identity.issuers.filter(({ kind }) => kind === 'human');
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

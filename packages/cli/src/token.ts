import { Command } from 'commander';
import { refreshTokenGrant } from 'openid-client';
import { CommandFailure, EXIT, reportFailures } from './command-failure.ts';
import { asking, connectIssuer } from './issuer-client.ts';
import { loginOf } from './login.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { withTokenLock } from './token-lock.ts';
import { configDirectory, readLogins, type StoredLogin, storeLogin } from './token-store.ts';

/** A token this close to its end is renewed, so that it still opens a connection; milliseconds. */
const MARGIN_MS = 30_000;

interface TokenOptions {
  readonly issuer?: string;
  readonly json: boolean;
}

/** `weir token`: prints a token to use as a password, and nothing else. */
export function tokenCommand(terminal: Terminal = processTerminal()): Command {
  return new Command('token')
    .description('print a token to use as a database password')
    .argument('<target>', 'the target to connect to')
    .option('--issuer <url>', 'the issuer whose sign-in to use (default: the last one)')
    .option('--json', 'answer in JSON', false)
    .action(async (target: string, options: TokenOptions) => {
      await reportFailures(terminal, options.json, () => printToken(terminal, target, options));
    });
}

async function printToken(
  terminal: Terminal,
  target: string,
  options: TokenOptions,
): Promise<void> {
  const directory = configDirectory(terminal.env);
  const login = await usableLogin(terminal, directory, options.issuer);
  const token = login.token.reveal();
  const expires_at = new Date(login.expiresAt).toISOString();
  const answer = JSON.stringify({ target, user: login.user, token, expires_at });
  terminal.answer(`${options.json ? answer : token}\n`);
}

async function usableLogin(
  terminal: Terminal,
  directory: string,
  issuer: string | undefined,
): Promise<StoredLogin> {
  const found = await findLogin(directory, issuer);
  if (lasts(found.login, terminal.now())) {
    return found.login;
  }
  return withTokenLock(directory, async () => {
    // Another process may have renewed it while this one waited for its turn.
    const { login, current } = await findLogin(directory, issuer);
    if (lasts(login, terminal.now())) {
      return login;
    }
    const renewed = await renew(login);
    await storeLogin(directory, renewed, current);
    return renewed;
  });
}

interface FoundLogin {
  readonly login: StoredLogin;
  readonly current: string | undefined;
}

async function findLogin(directory: string, issuer: string | undefined): Promise<FoundLogin> {
  const { current, logins } = await readLogins(directory);
  const wanted = issuer ?? current;
  const login = logins.find((candidate) => candidate.issuer === wanted);
  if (login === undefined) {
    const where = issuer === undefined ? '' : ` --issuer ${issuer}`;
    throw new CommandFailure(EXIT.notSignedIn, 'You are not signed in', `Run: weir login${where}`);
  }
  return { login, current };
}

function lasts(login: StoredLogin, now: number): boolean {
  return login.expiresAt - MARGIN_MS > now;
}

async function renew(login: StoredLogin): Promise<StoredLogin> {
  const { refreshToken } = login;
  if (refreshToken === undefined) {
    throw new CommandFailure(EXIT.notSignedIn, 'Your sign-in has ended', 'Run: weir login');
  }
  const client = await connectIssuer(login);
  const issued = await asking(login.issuer, () => refreshTokenGrant(client, refreshToken.reveal()));
  return loginOf(login, issued, refreshToken);
}

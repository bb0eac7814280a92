import { Secret } from '@weir/contract';
import { Command } from 'commander';
import { reportFailures } from './command-failure.ts';
import { type DevicePrompt, signInOnDevice } from './device-flow.ts';
import { connectIssuer } from './issuer-client.ts';
import { type LoginOptions, type LoginSettings, loginSettings } from './login-settings.ts';
import { type IssuedTokens, passwordToken } from './password-token.ts';
import { printable, processTerminal, type Terminal } from './terminal.ts';
import { withTokenLock } from './token-lock.ts';
import { configDirectory, readLogins, type StoredLogin, storeLogin } from './token-store.ts';

/** `weir login`: signs in at the issuer and keeps the tokens for `weir token`. */
export function loginCommand(terminal: Terminal = processTerminal()): Command {
  return new Command('login')
    .description('sign in with your identity provider')
    .option('--issuer <url>', 'the issuer (default: $WEIR_ISSUER, --config, or the last one)')
    .option('--client-id <id>', 'the OAuth client (default: $WEIR_CLIENT_ID or "weir")')
    .option('--audience <name>', 'what the token must be for (default: from --config or "weir")')
    .option('-c, --config <file>', 'a weir.yaml that names the issuer')
    .option('--json', 'answer in JSON, one object a line', false)
    .action(async ({ json, ...options }: LoginOptions & { readonly json: boolean }) => {
      await reportFailures(terminal, json, () => logIn(terminal, options, json));
    });
}

/** Makes what is stored of what an issuer gave out; a renewal may keep the refresh token. */
export function loginOf(
  settings: LoginSettings,
  issued: IssuedTokens,
  earlier?: Secret,
): StoredLogin {
  const { issuer, clientId, audience } = settings;
  const password = passwordToken(issued, audience);
  const refreshToken =
    issued.refresh_token === undefined ? earlier : new Secret(issued.refresh_token);
  return {
    issuer,
    clientId,
    audience,
    ...password,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

async function logIn(terminal: Terminal, options: LoginOptions, json: boolean): Promise<void> {
  const directory = configDirectory(terminal.env);
  const settings = await loginSettings(options, terminal.env, await readLogins(directory));
  const client = await connectIssuer(settings);
  const issued = await signInOnDevice(client, (prompt) => showPrompt(terminal, prompt, json));
  const login = loginOf(settings, issued);
  await withTokenLock(directory, () => storeLogin(directory, login, login.issuer));
  showLogin(terminal, login, json);
}

function showPrompt(terminal: Terminal, prompt: DevicePrompt, json: boolean): void {
  const { url, code, expiresIn } = prompt;
  if (json) {
    const line = { event: 'confirm', url, code, expires_in: expiresIn };
    terminal.answer(`${JSON.stringify(line)}\n`);
    return;
  }
  const minutes = Math.max(1, Math.round(expiresIn / 60));
  terminal.answer(
    `Open this page and see that it shows the same code:\n\n` +
      `    ${printable(url)}\n    ${printable(code)}\n\n` +
      `Waiting for you to sign in; the code is good for ${minutes} min.\n`,
  );
}

function showLogin(terminal: Terminal, login: StoredLogin, json: boolean): void {
  const expires = new Date(login.expiresAt).toISOString();
  if (json) {
    const { user, issuer } = login;
    const line = { event: 'signed-in', user, issuer, expires_at: expires };
    terminal.answer(`${JSON.stringify(line)}\n`);
    return;
  }
  const user = printable(login.user);
  terminal.answer(
    `Signed in as ${user}. For example:\n\n` +
      `    PGPASSWORD=$(weir token TARGET) psql "host=… dbname=TARGET user=${user}"\n`,
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { visitSignIn } from '@weir/testkit';
import { loginCommand } from '../src/login.ts';
import type { Terminal } from '../src/terminal.ts';
import { tokenCommand } from '../src/token.ts';

/** A terminal in memory with a home directory of its own. */
export interface TestTerminal extends Terminal {
  readonly home: string;
  readonly directory: string;
  answered(): string;
  told(): string;
  exitCode(): number;
  setNow(now: number): void;
  remove(): Promise<void>;
}

export async function makeTerminal(
  env: Readonly<Record<string, string>> = {},
): Promise<TestTerminal> {
  const home = await mkdtemp(join(tmpdir(), 'weir-cli-'));
  let answered = '';
  let told = '';
  let exitCode = 0;
  let now: number | undefined;
  return {
    home,
    directory: join(home, 'weir'),
    env: { XDG_CONFIG_HOME: home, ...env },
    now: () => now ?? Date.now(),
    answer: (text) => {
      answered += text;
    },
    tell: (text) => {
      told += text;
    },
    exitWith: (code) => {
      exitCode = code;
    },
    answered: () => answered,
    told: () => told,
    exitCode: () => exitCode,
    setNow: (moment) => {
      now = moment;
    },
    remove: () => rm(home, { recursive: true }),
  };
}

/** The same home again: a new process of the same person. */
export function nextTerminal(terminal: TestTerminal): Promise<TestTerminal> {
  return makeTerminal({ XDG_CONFIG_HOME: terminal.home });
}

export async function runLogin(terminal: Terminal, ...options: string[]): Promise<void> {
  await loginCommand(terminal).parseAsync(options, { from: 'user' });
}

export async function runToken(terminal: Terminal, ...options: string[]): Promise<void> {
  await tokenCommand(terminal).parseAsync(options, { from: 'user' });
}

/** Runs `weir login` and does in the browser what the person does, once the address is shown. */
export async function logIn(
  terminal: TestTerminal,
  person: string | undefined,
  ...options: string[]
): Promise<void> {
  let visit: Promise<unknown> | undefined;
  const watched: Terminal = {
    ...terminal,
    answer: (text) => {
      terminal.answer(text);
      const address = text.match(/http:\/\/[^\s"]+user_code=[\w-]+/)?.[0];
      if (address !== undefined) {
        visit = visitSignIn({ address, person });
      }
    },
  };
  await runLogin(watched, ...options);
  await visit;
}

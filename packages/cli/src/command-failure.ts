import { systemCode } from './system-error.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes of the commands that sign in; 0 is success. */
export const EXIT = {
  /** Wrong options, or a fault of this machine. */
  failed: 1,
  /** Nobody is signed in, or the sign-in has ended: `weir login` helps. */
  notSignedIn: 3,
  /** The issuer cannot be reached or does not do what is needed. */
  issuer: 4,
  /** The person said no, or let the code expire. */
  signInRefused: 5,
} as const;

/** Why a command could not do its work: one sentence, and what to do next. */
export class CommandFailure extends Error {
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(exitCode: number, message: string, hint?: string) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/**
 * Runs a command's action and says how it failed. Only messages are printed, never an error's
 * cause or properties: those of an OAuth client may hold tokens.
 */
export async function reportFailures(
  terminal: Terminal,
  json: boolean,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    const failure = asFailure(error);
    const { message, hint } = failure;
    const lines = hint === undefined ? `weir: ${message}\n` : `weir: ${message}\n${hint}\n`;
    terminal.tell(json ? `${JSON.stringify({ error: message, hint })}\n` : lines);
    terminal.exitWith(failure.exitCode);
  }
}

function asFailure(error: unknown): CommandFailure {
  return error instanceof CommandFailure ? error : new CommandFailure(EXIT.failed, sentence(error));
}

/** The system's own words are good to read; those of anything else are not known to be harmless. */
function sentence(error: unknown): string {
  const known = systemCode(error) !== undefined;
  return known && typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : 'Unexpected fault';
}

/**
 * What a command has of the world around it. The environment is read here and in `weir serve`
 * alone: no package but `cli` and `server` may look at `process.env`, so that whatever steers a
 * part of Weir is an argument that a test can give.
 */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Writes to the answer, which scripts read. */
  readonly answer: (text: string) => void;
  /** Writes to the person in front of it. */
  readonly tell: (text: string) => void;
  readonly exitWith: (code: number) => void;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  return {
    env: process.env,
    now: Date.now,
    answer: (text) => {
      process.stdout.write(text);
    },
    tell: (text) => {
      process.stderr.write(text);
    },
    exitWith: (code) => {
      process.exitCode = code;
    },
  };
}

/** Text of a stranger without what would move the cursor or colour the screen. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

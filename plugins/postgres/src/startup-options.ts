import type { StartupParameter } from './protocol/startup.ts';

/**
 * Reads the `options` startup parameter as the server does (pg_split_opts and the switches `-c` and
 * `--` of process_postgres_switches), so that each setting in it can be judged by itself. It knows no
 * other switch.
 */

/** The settings in `options`, in order, or the first argument that is no setting. */
type StartupOptions =
  | { readonly understood: true; readonly settings: readonly StartupParameter[] }
  | { readonly understood: false; readonly argument: string };

/** Splits and reads `options`. */
export function parseStartupOptions(options: string): StartupOptions {
  const settings: StartupParameter[] = [];
  const pending = splitArguments(options);
  for (let argument = pending.shift(); argument !== undefined; argument = pending.shift()) {
    const text = assignmentText(argument, pending);
    const setting = text === undefined ? undefined : parseAssignment(text);
    if (setting === undefined) return { understood: false, argument };
    settings.push(setting);
  }
  return { understood: true, settings };
}

/** White space separates arguments; a backslash takes the character behind it as it is. */
function splitArguments(options: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let escaped = false;
  for (const character of options) {
    if (escaped) {
      current = (current ?? '') + character;
      escaped = false;
    } else if (character === '\\') {
      current ??= '';
      escaped = true;
    } else if (/[ \t-\r]/.test(character)) {
      if (current !== undefined) found.push(current);
      current = undefined;
    } else {
      current = (current ?? '') + character;
    }
  }
  if (current !== undefined) found.push(current);
  return found;
}

/** `name=value` out of `-c name=value`, `-cname=value` or `--name=value`; may take the next argument. */
function assignmentText(argument: string, pending: string[]): string | undefined {
  if (argument === '-c') return pending.shift();
  if (argument.startsWith('-c')) return argument.slice(2);
  if (argument.startsWith('--')) return argument.slice(2);
  return undefined;
}

/** In a name, but not in a value, dashes are underscores. */
function parseAssignment(text: string): StartupParameter | undefined {
  const equals = text.indexOf('=');
  if (equals < 1) return undefined;
  return [text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1)];
}

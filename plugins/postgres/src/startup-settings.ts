import type { Refusal, Target } from '@weir/contract';
import { saysTarget } from './asked-target.ts';
import { parseBoolean } from './protocol/parse-boolean.ts';
import type { StartupParameter } from './protocol/startup.ts';
import { parseStartupOptions } from './startup-options.ts';

/**
 * Decides which of a client's startup parameters reach the database. What changes rights, and all
 * that is not known to be harmless, is refused; a target may allow more by name. It reads no packet.
 */

/** A setting that any client may choose when it connects. */
interface HarmlessSetting {
  readonly name: string;
  /** Why it widens no rights. */
  readonly reason: string;
  /** Which values are taken; every one when absent. */
  readonly accepts?: (value: string) => boolean;
}

type SettingsJudgement =
  | { readonly allowed: true; readonly settings: readonly StartupParameter[] }
  | { readonly allowed: false; readonly refusal: Refusal };

/**
 * Encodings in which a byte below 0x80 is always the ASCII character that it looks like, by the
 * names of the server's pg_encname_tbl without punctuation. In the others (SJIS, BIG5, GBK, GB18030,
 * UHC, JOHAB) the end of a character may look like a quote's escape.
 */
const ASCII_SAFE_ENCODING =
  /^(?:utf8|unicode|sqlascii|latin(?:[1-9]|10)|iso8859(?:[1-9]|1[0-6])|koi8[ru]?|win(?:dows)?(?:866|874|125[0-8])|euc(?:jp|kr|cn|tw|jis2004))$/;

/** Settings that any client may choose, each with the reason. */
export const HARMLESS_SETTINGS: readonly HarmlessSetting[] = [
  { name: 'application_name', reason: 'a label, claimed and never trusted' },
  { name: 'bytea_output', reason: 'how bytes are printed' },
  {
    name: 'client_encoding',
    reason: 'how text is encoded; only where statements can be read safely',
    accepts: isAsciiSafeEncoding,
  },
  { name: 'DateStyle', reason: 'how dates are printed and read' },
  { name: 'extra_float_digits', reason: 'how numbers are printed' },
  { name: 'geqo', reason: 'how joins are planned' },
  { name: 'idle_in_transaction_session_timeout', reason: 'ends only the session itself' },
  { name: 'idle_session_timeout', reason: 'ends only the session itself' },
  { name: 'IntervalStyle', reason: 'how intervals are printed' },
  { name: 'lock_timeout', reason: 'ends only statements of the session itself' },
  {
    name: 'search_path',
    reason: 'changes what a name means, not who may use it; a client may SET it at any time anyway',
  },
  {
    name: 'standard_conforming_strings',
    reason: 'only on: off changes where a literal ends',
    accepts: (value) => parseBoolean(value) === true,
  },
  { name: 'statement_timeout', reason: 'ends only statements of the session itself' },
  { name: 'TimeZone', reason: 'how times are printed and read' },
  { name: 'transaction_timeout', reason: 'ends only transactions of the session itself' },
];

const HARMLESS = new Map(
  HARMLESS_SETTINGS.map((setting) => [setting.name.toLowerCase(), setting] as const),
);

/** Longest part of a client's own words that an error repeats, in characters. */
const QUOTED = 64;

/**
 * The settings to send to the database, in the order in which the server would apply them: those in
 * `options` first, then the parameters by name. Of equal names the last one stays.
 */
export function judgeStartupSettings(
  parameters: readonly StartupParameter[],
  target: Target,
): SettingsJudgement {
  const flat = flattenOptions(parameters);
  if ('code' in flat) return { allowed: false, refusal: flat };
  const extra = new Set(target.allowSettings.map((name) => name.toLowerCase()));
  const settings = new Map<string, StartupParameter>();
  for (const [name, value] of flat) {
    const key = name.toLowerCase();
    // It was for us. Where it says another target than this one, it is refused like any other.
    if (saysTarget(key, value, target)) continue;
    const refusal =
      key === 'replication'
        ? judgeReplication(value, target)
        : judgeSetting(name, value, extra.has(key));
    if (refusal !== undefined) return { allowed: false, refusal };
    if (key === 'replication' && parseBoolean(value) === false) continue;
    settings.delete(key);
    settings.set(key, [HARMLESS.get(key)?.name ?? name, value]);
  }
  return { allowed: true, settings: [...settings.values()] };
}

function flattenOptions(parameters: readonly StartupParameter[]): StartupParameter[] | Refusal {
  const named: StartupParameter[] = [];
  const inside: StartupParameter[] = [];
  for (const parameter of parameters) {
    if (parameter[0].toLowerCase() !== 'options') {
      named.push(parameter);
      continue;
    }
    const options = parseStartupOptions(parameter[1]);
    if (!options.understood) return forbiddenSwitch(options.argument);
    const replication = options.settings.find(([name]) => name.toLowerCase() === 'replication');
    if (replication !== undefined) return forbiddenSetting(replication[0]);
    inside.push(...options.settings);
  }
  return [...inside, ...named];
}

function judgeSetting(name: string, value: string, allowedByTarget: boolean): Refusal | undefined {
  const harmless = HARMLESS.get(name.toLowerCase());
  if (harmless === undefined) return allowedByTarget ? undefined : forbiddenSetting(name);
  // What makes a value unsafe to read does so on every target.
  if (harmless.accepts === undefined || harmless.accepts(value)) return undefined;
  return {
    code: 'setting-forbidden',
    message: `the value "${quoted(value)}" of "${harmless.name}" cannot be used through this proxy`,
    hint: `${harmless.name}: ${harmless.reason}.`,
  };
}

function judgeReplication(value: string, target: Target): Refusal | undefined {
  if (target.allowReplication || parseBoolean(value) === false) return undefined;
  return {
    code: 'replication-forbidden',
    message: 'replication connections to this target are not allowed',
    hint: 'Have it allowed for this target (allow_replication), or connect without the "replication" parameter.',
  };
}

function forbiddenSetting(name: string): Refusal {
  return {
    code: 'setting-forbidden',
    message: `the setting "${quoted(name)}" may not be chosen when connecting`,
    hint: 'Leave it out of the connection, or have it allowed for this target.',
  };
}

function forbiddenSwitch(argument: string): Refusal {
  return {
    code: 'setting-forbidden',
    message: `"${quoted(argument)}" in "options" may not be used when connecting`,
    hint: 'Only "-c name=value" and "--name=value" are understood.',
  };
}

/** The server strips everything but letters and digits before it compares encoding names. */
function isAsciiSafeEncoding(value: string): boolean {
  return ASCII_SAFE_ENCODING.test(value.replace(/[^0-9A-Za-z]/g, '').toLowerCase());
}

function quoted(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

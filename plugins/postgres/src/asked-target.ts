import type { Target } from '@weir/contract';
import { parseBoolean } from './protocol/parse-boolean.ts';
import { parameterValue, type StartupParameter } from './protocol/startup.ts';
import { parseStartupOptions } from './startup-options.ts';

/**
 * Reads which target a client asks for: the database's name or, without one, the user's, as the
 * server has it. Physical replication is of a whole server and has no database. Standbys, and the
 * tools of PostgreSQL 16 and older, always say "replication" there; so such a connection, and no
 * other, may name its target with a setting. Elsewhere the setting may only say the same, as in a
 * standby's connection string that is used for both. It decides nothing about the target.
 */

/** A server without Weir takes it, as it takes every name with a dot, and it means nothing there. */
const TARGET_SETTING = 'weir.target';

/** What libpq's clients say for a database where they were given none or drop it. */
const NO_DATABASE = 'replication';

interface AskedTarget {
  readonly database: string;
  /** What to do instead, when there is no such target. */
  readonly hint?: string;
}

export function readAskedTarget(parameters: readonly StartupParameter[]): AskedTarget {
  const database =
    parameterValue(parameters, 'database') || parameterValue(parameters, 'user') || '';
  if (!isPhysicalReplication(parameters)) return { database };
  const named = readTargetSetting(parameters);
  if (named !== undefined && named !== '') return { database: named };
  return database === NO_DATABASE ? { database, hint: NAME_IT } : { database };
}

/** Whether this setting, its name in small letters, says what the session's target is anyway. */
export function saysTarget(setting: string, value: string, target: Target): boolean {
  return setting === TARGET_SETTING && value === target.name;
}

/** Whether the server would take this for a connection to no database. */
function isPhysicalReplication(parameters: readonly StartupParameter[]): boolean {
  return parseBoolean(parameterValue(parameters, 'replication') ?? '') === true;
}

/** As with every setting, those in `options` come first and the last one stays. */
function readTargetSetting(parameters: readonly StartupParameter[]): string | undefined {
  const inside = parameters.flatMap(([name, value]) => {
    const options = name.toLowerCase() === 'options' ? parseStartupOptions(value) : undefined;
    return options?.understood === true ? options.settings : [];
  });
  const settings = [...inside, ...parameters];
  return settings.findLast(([name]) => name.toLowerCase() === TARGET_SETTING)?.[1];
}

const NAME_IT = `For physical replication, name the target in the connection string: options='-c ${TARGET_SETTING}=NAME'.`;

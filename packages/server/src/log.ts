import type { Writable } from 'node:stream';
import { createLogger, format, type Logger, transports } from 'winston';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
}

/**
 * The operational log, one line an event. It is for running Weir, not for audit: no statement text,
 * value, token or password is ever given to it, at any level.
 */
export function makeLog(options: LogOptions, output: Writable): Logger {
  return createLogger({
    level: options.level,
    format: format.combine(
      format.timestamp(),
      options.format === 'json' ? format.json() : format.printf(textLine),
    ),
    transports: [new transports.Stream({ stream: output, eol: '\n' })],
  });
}

/** What may stand in a line as it is; anything else is quoted, so that it cannot forge a line. */
const PLAIN = /^[\x21\x23-\x7e]+$/;

function textLine(entry: Record<string, unknown>): string {
  const { timestamp, level, message, ...rest } = entry;
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value)}`,
    );
  return `${String(timestamp)} ${String(level).padEnd(5)} ${String(message)}${fields.join('')}`;
}

import { type ConfigProblem, formatProblem, type LoadedConfig, readConfigFile } from '@weir/policy';
import { PROTOCOLS } from '@weir/server';
import { Command } from 'commander';
import { printable, processTerminal, type Terminal } from './terminal.ts';

interface CheckOptions {
  readonly config: string;
  readonly json?: true;
}

type ValidConfig = Extract<LoadedConfig, { readonly ok: true }>;

/**
 * `weir check`: says everything that is wrong with a configuration, or what it amounts to, without
 * starting. Exits with 0 when it is valid and with 1 when it is not or cannot be read.
 */
export function checkCommand(terminal: Terminal = processTerminal()): Command {
  return new Command('check')
    .description('validate the configuration without starting')
    .option('-c, --config <file>', 'the configuration', 'weir.yaml')
    .option('--json', 'answer in JSON')
    .action(({ config, json }: CheckOptions) => {
      const loaded = readConfigFile(config, { env: terminal.env, protocols: PROTOCOLS });
      terminal.answer(json === true ? jsonAnswer(config, loaded) : textAnswer(config, loaded));
      terminal.exitWith(loaded.ok ? 0 : 1);
    });
}

function textAnswer(file: string, loaded: LoadedConfig): string {
  const lines = loaded.ok ? validLines(file, loaded) : loaded.problems.map(formatProblem);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function validLines(file: string, loaded: ValidConfig): string[] {
  const summary = summaryOf(loaded);
  return [
    ...loaded.warnings.map((warning: ConfigProblem) => `warning: ${formatProblem(warning)}`),
    `${file} is valid`,
    `  listeners     ${summary.listeners.join(', ')}`,
    `  issuers       ${summary.issuers.join(', ')}`,
    `  targets       ${summary.targets.join(', ')}`,
    `  access rules  ${summary.accessRules.length}`,
    `  digest        ${loaded.snapshot.digest}`,
  ];
}

function jsonAnswer(file: string, loaded: LoadedConfig): string {
  const answer = loaded.ok
    ? {
        ok: true,
        file,
        digest: loaded.snapshot.digest,
        summary: summaryOf(loaded),
        warnings: loaded.warnings,
      }
    : { ok: false, file, problems: loaded.problems };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function summaryOf({ config }: ValidConfig) {
  const { admin, listeners, issuers, targets, access } = config;
  const all = [...listeners, ...(admin === undefined ? [] : [{ protocol: 'admin', ...admin }])];
  return {
    listeners: all.map(({ protocol, host, port }) => `${protocol} ${written(host)}:${port}`),
    issuers: issuers.map(({ name }) => name),
    targets: [...targets.values()].map(({ name, environment }) => `${name} (${environment})`),
    accessRules: access.map(({ name }) => name),
  };
}

/** A host as an address is written: IPv6 in brackets. */
function written(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

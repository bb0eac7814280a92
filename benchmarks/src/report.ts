/** The run as one page: what was measured, on what, and how it compares. */
import type { MemoryMeasurement, Summary } from './measurement.ts';
import { pgbouncer } from './pgbouncer.ts';
import { relay } from './relay.ts';

export interface Report {
  readonly plan: string;
  readonly date: string;
  /** Name and value of what a reader needs to know of the machine and the versions. */
  readonly environment: Readonly<Record<string, string>>;
  readonly summaries: readonly Summary[];
  readonly memory: readonly MemoryMeasurement[];
}

const MISSING = '–';
const MEBIBYTE = 1024 * 1024;
const KIBIBYTE = 1024;

/** The report in Markdown. */
export function markdown(report: Report): string {
  const environment = Object.entries(report.environment).map(
    ([name, value]) => `- ${name}: ${value}`,
  );
  return [
    `# Benchmark of ${report.date} (${report.plan})`,
    '',
    ...environment,
    '',
    '## Speed',
    '',
    '`CPU` is processor time of the peer’s process for one transaction or megabyte. `Added` is median',
    'latency over the direct connection’s in the same round. Medians over all rounds.',
    '',
    ...table(
      ['load', 'TLS', 'peer', 'rate', 'CPU', 'CPU ÷ pgbouncer', 'CPU ÷ relay', 'added'],
      report.summaries.map((summary) => speedRow(summary, report.summaries)),
    ),
    '',
    '## Memory',
    '',
    ...table(
      ['peer', 'TLS', 'growth under a slow reader', 'one idle session'],
      report.memory.map((memory) => [
        memory.peer,
        memory.tls ? 'on' : 'off',
        `${(memory.slowReaderBytes / MEBIBYTE).toFixed(1)} MiB`,
        `${(memory.idleSessionBytes / KIBIBYTE).toFixed(1)} KiB`,
      ]),
    ),
    '',
  ].join('\n');
}

function speedRow(summary: Summary, all: readonly Summary[]): readonly string[] {
  const { workload, unit, tls, peer, rate, cpuMicros, addedLatencyMicros } = summary;
  const perUnit = unit === 'MB' ? 'MB' : 'tx';
  const ratio = (other: string) => {
    const base = all.find(
      (one) => one.peer === other && one.workload === workload && one.tls === tls,
    )?.cpuMicros;
    return cpuMicros === undefined || base === undefined || base === 0
      ? MISSING
      : (cpuMicros / base).toFixed(2);
  };
  return [
    workload,
    tls ? 'on' : 'off',
    peer,
    `${Math.round(rate)} ${perUnit}/s`,
    cpuMicros === undefined ? MISSING : `${cpuMicros.toFixed(1)} µs/${perUnit}`,
    ratio(pgbouncer.name),
    ratio(relay.name),
    addedLatencyMicros === undefined ? MISSING : `${addedLatencyMicros.toFixed(0)} µs`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

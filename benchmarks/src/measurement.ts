/** What the runs measured, and what is left of it over all rounds. */
import { median } from './statistics.ts';

export type Unit = 'transaction' | 'MB';

/** One peer under one load in one round. */
export interface Measurement {
  readonly round: number;
  readonly workload: string;
  readonly unit: Unit;
  readonly tls: boolean;
  readonly peer: string;
  /** Units per second. */
  readonly rate: number;
  /** Processor time of the peer's process for one unit; absent for the direct connection. */
  readonly cpuMicros?: number;
  /** Median latency of one unit, where single units are timed. */
  readonly latencyMicros?: number;
}

/** Memory of one peer's process, bytes. */
export interface MemoryMeasurement {
  readonly peer: string;
  readonly tls: boolean;
  /** Peak growth while a client reads slowly. */
  readonly slowReaderBytes: number;
  readonly idleSessionBytes: number;
}

/** The medians over all rounds. */
export interface Summary {
  readonly workload: string;
  readonly unit: Unit;
  readonly tls: boolean;
  readonly peer: string;
  readonly rate: number;
  readonly cpuMicros?: number;
  /** Median latency over the direct connection's of the same round. */
  readonly addedLatencyMicros?: number;
}

/** Medians by workload, TLS and peer, in the order in which they were first measured. */
export function summarise(measurements: readonly Measurement[], baseline: string): Summary[] {
  const groups = Map.groupBy(measurements, ({ workload, tls, peer }) =>
    JSON.stringify([workload, tls, peer]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { workload, unit, tls, peer } = first;
    const cpu = present(group.map(({ cpuMicros }) => cpuMicros));
    const added = peer === baseline ? [] : addedLatencies(group, measurements, baseline);
    return [
      {
        workload,
        unit,
        tls,
        peer,
        rate: median(group.map(({ rate }) => rate)),
        ...(cpu.length > 0 && { cpuMicros: median(cpu) }),
        ...(added.length > 0 && { addedLatencyMicros: median(added) }),
      },
    ];
  });
}

function addedLatencies(
  group: readonly Measurement[],
  all: readonly Measurement[],
  baseline: string,
): readonly number[] {
  return present(
    group.map((own) => {
      const direct = all.find(
        (other) =>
          other.peer === baseline &&
          other.round === own.round &&
          other.workload === own.workload &&
          other.tls === own.tls,
      );
      if (direct?.latencyMicros === undefined || own.latencyMicros === undefined) return undefined;
      return own.latencyMicros - direct.latencyMicros;
    }),
  );
}

function present(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

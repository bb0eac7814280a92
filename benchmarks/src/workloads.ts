/** The loads that every peer gets in turn. */
import type { Certificates } from '@weir/testkit';
import { type BulkQuery, MILLION_ROWS, runBulk, singleValue } from './bulk.ts';
import type { Measurement, Unit } from './measurement.ts';
import type { RunningPeer } from './peer.ts';
import { type QueryMode, runSelect } from './pgbench.ts';
import type { Plan } from './plan.ts';

interface Load {
  readonly peer: RunningPeer;
  readonly certificates: Certificates;
  readonly folder: string;
}

interface Workload {
  readonly name: string;
  readonly unit: Unit;
  run(load: Load): Promise<Pick<Measurement, 'rate' | 'cpuMicros' | 'latencyMicros'>>;
}

/** All loads of a plan, in the order of the report. */
export function workloads(plan: Plan): readonly Workload[] {
  const selects = plan.modes.flatMap((mode) =>
    plan.clients.map((clients) => selectOnly(mode, clients, plan.selectSeconds)),
  );
  const bulks = [MILLION_ROWS, singleValue(plan.valueBytes)].map((query) =>
    bulk(query, plan.bulkTimes),
  );
  return [...selects, ...bulks];
}

function selectOnly(mode: QueryMode, clients: number, seconds: number): Workload {
  return {
    name: `select, ${mode}, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
    unit: 'transaction',
    run: async ({ peer, folder }) => {
      const { address, pid } = peer;
      const result = await runSelect({ address, pid, mode, clients, seconds, folder });
      return {
        rate: result.transactionsPerSecond,
        latencyMicros: result.medianLatencyMicros,
        ...(result.cpuMicros !== undefined && { cpuMicros: result.cpuMicros }),
      };
    },
  };
}

function bulk(query: BulkQuery, times: number): Workload {
  return {
    name: query.name,
    unit: 'MB',
    run: async ({ peer, certificates }) => {
      const result = await runBulk(peer, certificates, query, times);
      return {
        rate: result.megabytesPerSecond,
        ...(result.cpuMicrosPerMegabyte !== undefined && {
          cpuMicros: result.cpuMicrosPerMegabyte,
        }),
      };
    },
  };
}

import { writeFile } from 'node:fs/promises';
import { startPostgres } from '@weir/testkit';
import { RawFrontend } from '../raw-frontend.ts';
import { type Chunk, goldenPath } from './golden.ts';
import { SCENARIOS } from './scenarios.ts';

/**
 * Records every scenario against a real PostgreSQL 18 and writes one JSON file each:
 * `node --conditions=weir-source plugins/postgres/test/goldens/capture.ts`, then
 * `npx biome check --write plugins/postgres/test/goldens`. What the relay must tell of each stands in
 * `expected-events.txt`, by hand.
 */
const server = await startPostgres({
  version: '18',
  hba: ['host all all all trust', 'host replication all all trust'],
  settings: { wal_level: 'logical' },
  tls: false,
});
try {
  const elsewhere = async (text: string) => {
    await server.query(text);
  };
  for (const scenario of SCENARIOS) {
    const chunks: Chunk[] = [];
    const { frontend, parameters } = await RawFrontend.login({
      port: server.port,
      user: server.user,
      database: server.database,
      ...(scenario.replication === undefined
        ? {}
        : { parameters: { replication: scenario.replication } }),
      witness: (side, bytes) => chunks.push([side, bytes.toString('base64')]),
    });
    try {
      await scenario.run(frontend, { elsewhere });
    } finally {
      frontend.close();
    }
    const golden = {
      scenario: scenario.name,
      server: parameters.get('server_version'),
      sessionUnique:
        'process ids in NotificationResponse; line numbers of the source in errors; ' +
        'positions, times and identifiers in replication',
      parameters: Object.fromEntries(
        ['client_encoding', 'standard_conforming_strings'].map((name) => [
          name,
          parameters.get(name),
        ]),
      ),
      chunks,
    };
    await writeFile(goldenPath(scenario.name), `${JSON.stringify(golden, null, 1)}\n`);
    console.log(`${scenario.name}: ${chunks.length} chunks`);
  }
} finally {
  await server.stop();
}

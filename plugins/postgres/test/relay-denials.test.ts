import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALLOW, type Statement, type Verdict } from '@weir/contract';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { CASES, DENIED, describeAnswers, errorsOf, FAILING, LIMITS, play } from './denial-cases.ts';
import { Q } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { denyMatching } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

let server: PostgresServer;
let pump: RelayPump;

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
  await server.query('CREATE TABLE forbidden (a int)');
  pump = await startRelayPump(server.port, { decide, limits: LIMITS });
}, 60_000);

afterAll(async () => {
  await pump.close();
  await server.stop();
});

const denyForbidden = denyMatching(/^(notify|copy) forbidden/i);
const denyTwice = denyMatching(/forbidden twice/);
let runs = 0;

/** Denies what is forbidden; what is forbidden twice runs once in each session. */
function decide(statement: Statement): Verdict {
  if (statement.seq === 1) runs = 0;
  if (denyTwice(statement).allow) return denyForbidden(statement);
  runs += 1;
  return runs > 1 ? denyTwice(statement) : ALLOW;
}

async function login(port: number): Promise<RawFrontend> {
  const { user, database } = server;
  return (await RawFrontend.login({ port, user, database })).frontend;
}

describe('a denial is answered as the server answers an error at the same place', () => {
  it.each(CASES)('$name', async (each) => {
    const direct = await login(server.port);
    const relayed = await login(pump.port);
    try {
      const failed = await play(direct, each, FAILING);
      const denied = await play(relayed, each, DENIED);
      expect(describeAnswers(denied)).toEqual(describeAnswers(failed));
      const ours = errorsOf(denied).filter((error) =>
        /^(42501 not for you|54000|0A000)/.test(error),
      );
      expect(ours).toHaveLength(each.denials ?? 1);
      relayed.send(Q('SELECT 1'));
      expect(describeAnswers(await relayed.until('Z'))).toEqual(['T', 'D', 'C SELECT 1', 'Z I']);
      expect(pump.session.violation).toBeUndefined();
      expect(pump.session.unfinished).toEqual([]);
    } finally {
      direct.close();
      relayed.close();
    }
  });
});

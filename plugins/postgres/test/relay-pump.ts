import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type HarnessOptions, RelayHarness } from './relay-harness.ts';
import { cutMessages } from './wire-messages.ts';

/** A listener whose connections go through a relay to a real server. It ends with `close`. */
export interface RelayPump {
  readonly port: number;
  /** The relay of the newest session; fails when there is none yet. */
  readonly session: RelayHarness;
  close(): Promise<void>;
}

/** The login passes as it is; the relay begins behind the first ReadyForQuery. */
export async function startRelayPump(
  databasePort: number,
  options: HarnessOptions = {},
): Promise<RelayPump> {
  const sockets: Socket[] = [];
  let session: RelayHarness | undefined;
  const server: Server = createServer((client) => {
    const database = connect(databasePort, '127.0.0.1');
    sockets.push(client, database);
    pump(client, database, options, (begun) => {
      session = begun;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return {
    port: address.port,
    get session() {
      if (session === undefined) throw new Error('no session has begun');
      return session;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function pump(
  client: Socket,
  database: Socket,
  options: HarnessOptions,
  onBegin: (session: RelayHarness) => void,
): void {
  let greeting = Buffer.alloc(0);
  let session: RelayHarness | undefined;
  client.setNoDelay(true);
  database.setNoDelay(true);
  client.on('data', (bytes: Buffer) => {
    if (session === undefined) database.write(bytes);
    else session.relay.fromClient(bytes);
  });
  database.on('data', (bytes: Buffer) => {
    if (session !== undefined) {
      session.relay.fromDatabase(bytes);
      return;
    }
    client.write(bytes);
    greeting = Buffer.concat([greeting, bytes]);
    const last = greeting.length - 6;
    if (last < 0 || greeting.toString('latin1', last, last + 1) !== 'Z') return;
    session = new RelayHarness({
      ...options,
      parameters: readParameters(greeting),
      toClient: (sent) => client.write(sent),
      toDatabase: (sent) => database.write(sent),
      onThrottle: (paused) => (paused ? client.pause() : client.resume()),
    });
    onBegin(session);
  });
  const end = () => {
    session?.disconnect();
    client.destroy();
    database.destroy();
  };
  for (const socket of [client, database]) socket.on('close', end).on('error', end);
}

function readParameters(greeting: Buffer): ReadonlyMap<string, string> {
  return new Map(
    cutMessages(greeting).flatMap((message): [string, string][] => {
      const [name, value] = message.toString('latin1', 5).split('\0');
      const isParameter = message.toString('latin1', 0, 1) === 'S';
      return isParameter && name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
}

/** What can stand between the suites and the server, and the simplest of it. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import type { Endpoint } from './endpoint.ts';

interface Door {
  readonly endpoint: Endpoint;
  stop(): Promise<void>;
}

/** Opens a door to a server; `folder` does not exist yet, and what is left in it is kept. */
export type OpenDoor = (upstream: Endpoint, folder: string) => Promise<Door>;

/** Copies bytes and knows no protocol: what fails here fails because of the harness. */
export const openRelay: OpenDoor = async (upstream) => {
  const server = createServer({ noDelay: true }, (client) => {
    const database = connect({ host: upstream.host, port: upstream.port, noDelay: true });
    // Either end may leave first; the other then leaves, too, and nothing is lost by it.
    pipeline(client, database, client, () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    endpoint: { ...upstream, port: address.port },
    stop: async () => {
      server.close();
      await once(server, 'close');
    },
  };
};

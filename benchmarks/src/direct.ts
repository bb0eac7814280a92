import type { Peer } from './peer.ts';

/** No proxy: what the database and the client can do by themselves. */
export const direct: Peer = {
  name: 'direct',
  start: async ({ database, tls }) => ({ address: { ...database, tls }, stop: async () => {} }),
};

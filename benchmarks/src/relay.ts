import { resolve } from 'node:path';
import { startNodePeer } from './node-peer.ts';
import type { Peer } from './peer.ts';

/** The least that a proxy on Node can cost: bytes from one socket to the other, never looked at. */
export const relay: Peer = {
  name: 'relay',
  start: (setting) => startNodePeer(resolve(import.meta.dirname, 'relay-program.ts'), setting),
};

import { Q } from '../frontend-messages.ts';
import type { RawFrontend } from '../raw-frontend.ts';

/** What a scenario can do beside its own connection. */
interface Surroundings {
  /** Runs SQL on another connection. */
  readonly elsewhere: (text: string) => Promise<void>;
}

/** One conversation of a client with a real server, recorded message by message. */
export interface Scenario {
  readonly name: string;
  /** The types of the messages that reach the database, where they are not those that were sent. */
  readonly reaching?: string;
  /** The relay holds something back until an earlier part is answered in full. */
  readonly waits?: true;
  /** The value of the startup parameter `replication`, where the conversation is such a connection's. */
  readonly replication?: 'database' | 'true';
  readonly run: (client: RawFrontend, surroundings: Surroundings) => Promise<void>;
}

/** A query string that is sent by itself and answered in full. */
export async function ask(client: RawFrontend, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    client.send(Q(text));
    await client.until('Z');
  }
}

export const simple = (name: string, ...texts: readonly string[]): Scenario => ({
  name,
  run: (client) => ask(client, ...texts),
});

/** Sends all at once, then waits for so many ReadyForQuery. */
export const pipeline = (
  name: string,
  ready: number,
  ...messages: readonly Uint8Array[]
): Scenario => ({
  name,
  run: async (client) => {
    client.send(...messages);
    await client.until('Z', ready);
  },
});

/** The same, with names whose meaning shows only when an earlier part is answered. */
export const waiting = (scenario: Scenario): Scenario => ({ ...scenario, waits: true });

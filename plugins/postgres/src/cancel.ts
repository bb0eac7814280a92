import { Buffer } from 'node:buffer';
import type { SecuredFacts, UpstreamActions, UpstreamMachine } from '@weir/contract';
import { cancelSecretBytes, type HandshakeState } from './handshake-state.ts';
import { encodeCancelRequest } from './protocol/startup.ts';
import { upstreamRefused } from './refusals.ts';
import { UpstreamEncryption } from './upstream-encryption.ts';

/**
 * Cancels what a session's database connection is running, over a connection of its own that is
 * encrypted as that one is. It is ready once the request is sent: the database answers nothing and
 * closes.
 */
export class PostgresCancel implements UpstreamMachine {
  readonly #state: HandshakeState;
  readonly #actions: UpstreamActions;
  readonly #encryption: UpstreamEncryption;

  constructor(state: HandshakeState, actions: UpstreamActions) {
    this.#state = state;
    this.#actions = actions;
    this.#encryption = new UpstreamEncryption(state.tls, {
      send: (bytes) => actions.send(bytes),
      secure: (alpn) => actions.secure(alpn),
      agreed: () => this.#sendRequest(),
      failed: (message) => actions.failed(upstreamRefused(message)),
    });
  }

  start(): void {
    if (this.#state.databaseKey === undefined) {
      this.#actions.failed(upstreamRefused('the database gave no key to cancel with'));
    } else {
      this.#encryption.start();
    }
  }

  receive(chunk: Uint8Array): void {
    if (this.#encryption.pending && chunk.length > 0) this.#encryption.receive(chunk);
  }

  secured(facts: SecuredFacts): void {
    this.#encryption.secured(facts);
  }

  #sendRequest(): void {
    const key = this.#state.databaseKey;
    if (key === undefined) return;
    this.#actions.send(encodeCancelRequest(key));
    const link = { process: key.process, cancelSecretBytes: cancelSecretBytes(this.#state) };
    this.#actions.ready(link, Buffer.alloc(0));
  }
}

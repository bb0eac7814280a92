import type { SecuredFacts, TlsMode } from '@weir/contract';
import { serialize } from 'pg-protocol/dist/serializer.js';

/**
 * Agrees with a database on encryption, as the target's mode says, before the first packet of a
 * session or of a cancel request. Whether a certificate is good is for the TLS layer to say.
 */

const ALPN = 'postgresql';
const ACCEPTED = 'S'.charCodeAt(0);
const DECLINED = 'N'.charCodeAt(0);

interface EncryptionActions {
  send(bytes: Uint8Array): void;
  secure(alpn: string): void;
  /** Agreed; without facts the connection stays plain. */
  agreed(facts: SecuredFacts | undefined): void;
  failed(message: string): void;
}

type Phase = 'asked' | 'securing' | 'done';

export class UpstreamEncryption {
  readonly #mode: TlsMode;
  readonly #actions: EncryptionActions;
  #phase: Phase = 'done';

  constructor(mode: TlsMode, actions: EncryptionActions) {
    this.#mode = mode;
    this.#actions = actions;
  }

  /** Whether bytes of the database still belong here. */
  get pending(): boolean {
    return this.#phase !== 'done';
  }

  start(): void {
    if (this.#mode === 'disable') {
      this.#actions.agreed(undefined);
      return;
    }
    this.#phase = 'asked';
    this.#actions.send(serialize.requestSsl());
  }

  /** More than the one byte of the answer was put there by somebody else (CVE-2021-23222). */
  receive(chunk: Uint8Array): void {
    if (this.#phase === 'securing' || chunk.length > 1) {
      this.#fail('the database sent plain bytes where TLS should begin');
    } else if (chunk[0] === ACCEPTED) {
      this.#phase = 'securing';
      this.#actions.secure(ALPN);
    } else if (chunk[0] !== DECLINED) {
      this.#fail('the database did not answer the request for TLS');
    } else if (this.#mode === 'prefer') {
      this.#phase = 'done';
      this.#actions.agreed(undefined);
    } else {
      this.#fail('the database does not offer TLS, which the target requires');
    }
  }

  secured(facts: SecuredFacts): void {
    if (this.#phase !== 'securing') return;
    // Servers before PostgreSQL 17 agree on no application protocol.
    if (facts.alpn !== undefined && facts.alpn !== ALPN) {
      this.#fail('the database agreed on another application protocol');
      return;
    }
    this.#phase = 'done';
    this.#actions.agreed(facts);
  }

  #fail(message: string): void {
    this.#phase = 'done';
    this.#actions.failed(message);
  }
}

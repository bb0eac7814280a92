import type {
  Authentication,
  Authenticator,
  Credential,
  PolicySnapshot,
  PolicySource,
} from '@weir/contract';

/** The policy and the issuers that are in force. Both are replaced together, in one step. */
export class PolicyHolder implements PolicySource, Authenticator {
  #snapshot: PolicySnapshot;
  #authenticator: Authenticator;

  constructor(snapshot: PolicySnapshot, authenticator: Authenticator) {
    this.#snapshot = snapshot;
    this.#authenticator = authenticator;
  }

  current(): PolicySnapshot {
    return this.#snapshot;
  }

  authenticate(credential: Credential): Promise<Authentication> {
    return this.#authenticator.authenticate(credential);
  }

  replace(snapshot: PolicySnapshot, authenticator: Authenticator): void {
    this.#snapshot = snapshot;
    this.#authenticator = authenticator;
  }
}

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

  /** Who is being authenticated while the issuers are replaced is asked again, by the new ones. */
  async authenticate(credential: Credential): Promise<Authentication> {
    const authenticator = this.#authenticator;
    const answer = await authenticator.authenticate(credential);
    return authenticator === this.#authenticator ? answer : this.authenticate(credential);
  }

  replace(snapshot: PolicySnapshot, authenticator: Authenticator): void {
    this.#snapshot = snapshot;
    this.#authenticator = authenticator;
  }
}

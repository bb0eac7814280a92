import { describe, expect, it } from '@jest/globals';
import { type Authentication, type Authenticator, Secret } from '@weir/contract';
import { PolicyHolder } from '../src/policy-holder.ts';

const POLICY = { digest: '', targets: new Map(), authorise: () => ({ granted: false }) as const };
const CREDENTIAL = { user: 'ana', secret: new Secret('token'), encrypted: true };
const PRINCIPAL = { issuer: 'i', subject: 's', kind: 'human', name: 'n', groups: [], expiresAt: 0 };
const TAKEN = { authenticated: true, principal: PRINCIPAL } as Authentication;
const REFUSED: Authentication = { authenticated: false, failure: 'wrong-audience' };

const answering = (answer: Promise<Authentication>): Authenticator => ({
  authenticate: () => answer,
});

describe('a login that is under way when the issuers are replaced', () => {
  it('is decided by the new ones', async () => {
    let answer = (_authentication: Authentication): void => undefined;
    const slow = answering(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const holder = new PolicyHolder(POLICY, slow);

    const login = holder.authenticate(CREDENTIAL);
    holder.replace(POLICY, answering(Promise.resolve(REFUSED)));
    answer(TAKEN);

    expect(await login).toEqual(REFUSED);
  });
});

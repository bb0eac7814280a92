import type {
  Authentication,
  Authenticator,
  AuthFailure,
  ClientFacts,
  Denial,
  LoginRequest,
  PolicySnapshot,
  PolicySource,
  Principal,
  Refusal,
  SessionFacts,
  Statement,
  StatementStages,
  Target,
  Verdict,
} from '@weir/contract';
import { ALLOW } from '@weir/contract';

/**
 * The gate: what every session and every statement passes, and in which order. The order is this
 * file; no configuration changes it.
 *
 *   session     accept → TLS → authenticate → resolve target → authorise → dial upstream → ready
 *   statement   decode → analyse → access → guardrail → (approval) → audit intent → forward →
 *               columns → mask plan → masked rows → terminal event → audit outcome
 *
 * What comes before `authenticate` and `access` is the plugin's and the listener's, what comes after
 * `authorise` and `audit intent` is the session's: they call in here and do not go on without an answer.
 */

export const STATEMENT_STAGES = ['access', 'guardrail', 'approval', 'auditIntent'] as const;
/** How many of these text passes that is only prepared: approval and audit intent belong to a run. */
const PREPARE_STAGES = 2;

/** A login that passed, or the refusal that its client reads. */
export type Admission =
  | {
      readonly admitted: true;
      readonly principal: Principal;
      readonly target: Target;
      readonly database: string;
      /** The name of the access rule that let it pass. */
      readonly rule: string;
      /** The policy that let it pass. */
      readonly policy: PolicySnapshot;
      /** When authentication was done, by the caller's clock. */
      readonly authenticatedAt: number;
    }
  | {
      readonly admitted: false;
      readonly refusal: Refusal;
      readonly failure?: AuthFailure;
      readonly principal?: Principal;
    };

interface GateOptions {
  readonly authenticator: Authenticator;
  readonly policy: PolicySource;
  readonly stages: StatementStages;
  readonly now: () => number;
}

const NOT_AUTHENTICATED: Refusal = {
  code: 'not-authenticated',
  message: 'authentication failed',
  hint: 'Use a fresh token as the password: weir token TARGET prints one.',
};

const TARGET_UNAVAILABLE: Refusal = {
  code: 'target-unavailable',
  message: 'target does not exist, or you may not use it',
  hint: 'Ask for access, or check the name.',
};

const REVOKED: Denial = {
  allow: false,
  code: 'session-revoked',
  message: 'the policy changed, and you may not use this target any more',
};

const FAULTY: Denial = {
  allow: false,
  code: 'forbidden',
  message: 'the statement could not be decided',
  hint: 'Try again; if it stays, ask whoever runs Weir.',
};

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** The session's order. Unknown and forbidden targets get one and the same answer. */
  async admit(login: LoginRequest, protocol: string, client: ClientFacts): Promise<Admission> {
    const authentication = await this.#authenticate(login, client);
    if (!authentication.authenticated) {
      const { failure } = authentication;
      return { admitted: false, refusal: NOT_AUTHENTICATED, failure };
    }
    const { principal } = authentication;
    const policy = this.#options.policy.current();
    const resolved = resolveTarget(policy, login.database, protocol);
    if (resolved === undefined) {
      return { admitted: false, refusal: TARGET_UNAVAILABLE, principal };
    }
    const grant = policy.authorise(principal, resolved.target);
    if (!grant.granted) {
      return { admitted: false, refusal: TARGET_UNAVAILABLE, principal };
    }
    const { rule } = grant;
    const authenticatedAt = this.#options.now();
    return { admitted: true, principal, ...resolved, rule, policy, authenticatedAt };
  }

  /** The statement gate of one session, bound to the policy that admitted it. */
  forSession(session: SessionFacts, policy: PolicySnapshot): StatementGate {
    return new StatementGate(session, policy, this.#options);
  }

  async #authenticate(login: LoginRequest, client: ClientFacts): Promise<Authentication> {
    const { user, secret } = login;
    try {
      return await this.#options.authenticator.authenticate({
        user,
        secret,
        encrypted: client.tls !== undefined,
      });
    } catch {
      // Whatever went wrong with the issuer, nobody has been authenticated.
      return { authenticated: false, failure: 'issuer-unreachable' };
    }
  }
}

/** `name`, or `name/database` for another database on the same server. */
function resolveTarget(
  policy: PolicySnapshot,
  requested: string,
  protocol: string,
): { readonly target: Target; readonly database: string } | undefined {
  const slash = requested.indexOf('/');
  const name = slash < 0 ? requested : requested.slice(0, slash);
  const target = policy.targets.get(name);
  if (target === undefined || target.protocol !== protocol) return undefined;
  const database = slash < 0 ? target.upstream.database : requested.slice(slash + 1);
  return database === '' ? undefined : { target, database };
}

/** Decides the statements of one session. */
export class StatementGate {
  readonly #session: SessionFacts;
  readonly #options: GateOptions;
  #policy: PolicySnapshot;
  #revoked = false;

  constructor(session: SessionFacts, policy: PolicySnapshot, options: GateOptions) {
    this.#session = session;
    this.#options = options;
    this.#policy = policy;
  }

  /**
   * The statement's order. Answers at once unless a stage needs time; a stage that fails denies. Never
   * throws and never rejects.
   */
  decide(statement: Statement): Verdict | Promise<Verdict> {
    return this.#pass(statement, STATEMENT_STAGES.length);
  }

  /** The same for text that is prepared for later runs, as far as it does not concern a run. */
  decidePrepared(statement: Statement): Verdict | Promise<Verdict> {
    return this.#pass(statement, PREPARE_STAGES);
  }

  #pass(statement: Statement, stages: number): Verdict | Promise<Verdict> {
    try {
      this.#takeCurrentPolicy();
      return this.#revoked ? REVOKED : this.#decideFrom(0, stages, statement);
    } catch {
      return FAULTY;
    }
  }

  /** A reload reaches an open session here: at its next statement, and when a held one goes on. */
  #takeCurrentPolicy(): void {
    const policy = this.#options.policy.current();
    if (policy === this.#policy) return;
    const { principal, target } = this.#session;
    const now = policy.targets.get(target.name);
    this.#revoked = now === undefined || !policy.authorise(principal, now).granted;
    this.#policy = policy;
  }

  #decideFrom(first: number, end: number, statement: Statement): Verdict | Promise<Verdict> {
    for (let index = first; index < end; index += 1) {
      const verdict = this.#ask(index, statement);
      if (verdict instanceof Promise) return this.#decideLater(verdict, index, end, statement);
      if (!verdict.allow) return verdict;
    }
    return ALLOW;
  }

  #ask(index: number, statement: Statement): Verdict | Promise<Verdict> {
    const name = STATEMENT_STAGES[index];
    const stage = name === undefined ? undefined : this.#options.stages[name];
    return stage === undefined ? ALLOW : stage(statement, this.#session, this.#policy);
  }

  async #decideLater(
    pending: Promise<Verdict>,
    index: number,
    end: number,
    statement: Statement,
  ): Promise<Verdict> {
    try {
      const verdict = await pending;
      if (!verdict.allow) return verdict;
      this.#takeCurrentPolicy();
      return this.#revoked ? REVOKED : await this.#decideFrom(index + 1, end, statement);
    } catch {
      return FAULTY;
    }
  }
}

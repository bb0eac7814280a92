import type { SessionFacts } from './events.ts';
import type { PolicySnapshot } from './policy.ts';
import type { Statement } from './statement.ts';
import type { Verdict } from './verdict.ts';

/**
 * One question of the gate about a statement. A cached answer returns at once; a promise holds the
 * statement, and with it the client, until it settles. A rejection counts as a denial.
 */
export type StatementStage = (
  statement: Statement,
  session: SessionFacts,
  policy: PolicySnapshot,
) => Verdict | Promise<Verdict>;

/** The stages that features fill. A stage that is absent is said so at start, not pretended. */
export interface StatementStages {
  readonly access?: StatementStage;
  readonly guardrail?: StatementStage;
  readonly approval?: StatementStage;
  readonly auditIntent?: StatementStage;
}

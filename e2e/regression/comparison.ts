/** What a way through lost of what passes directly, and whether each loss is meant. */
import type { SuiteName } from './schedules.ts';
import type { SuiteOutcome } from './suite.ts';

/**
 * Tests that Weir fails on purpose, with the reason. An entry that passes is an error, too: the list
 * says what is true now.
 */
export const MEANT_TO_FAIL: Readonly<Record<SuiteName, ReadonlyMap<string, string>>> = {
  regress: new Map(),
  isolation: new Map(),
};

export interface Comparison {
  /** Pass directly and not through, and nobody meant it. */
  readonly lost: readonly string[];
  /** Pass through although the list says that they must not. */
  readonly unexpected: readonly string[];
  /** Fail directly already. */
  readonly failedDirectly: readonly string[];
}

/** Compares one suite's two runs. */
export function compare(
  direct: SuiteOutcome,
  through: SuiteOutcome,
  meantToFail: ReadonlyMap<string, string>,
): Comparison {
  const missing = [...direct.passed].filter((test) => !through.passed.has(test));
  return {
    lost: missing.filter((test) => !meantToFail.has(test)),
    unexpected: [...meantToFail.keys()].filter((test) => through.passed.has(test)),
    failedDirectly: [...direct.failed],
  };
}

/** The better of two runs, test by test: what fails in both of them is no matter of timing. */
export function betterOf(first: SuiteOutcome, second: SuiteOutcome): SuiteOutcome {
  return {
    ...second,
    passed: new Set([...first.passed, ...second.passed]),
    failed: new Set([...second.failed].filter((test) => first.failed.has(test))),
  };
}

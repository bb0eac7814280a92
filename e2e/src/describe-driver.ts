import { beforeAll, describe, expect, it } from '@jest/globals';
import { POSTGRES_VERSIONS, type PostgresVersion } from '@weir/testkit';
import { CHECKS, type CheckName, isCheckName } from './checks.ts';
import { declareMissing } from './declare-missing.ts';
import { type DriverProgram, type Report, runDriver } from './driver.ts';
import { type Scene, sceneOf } from './scene.ts';
import { isDirectRun } from './services.ts';
import { missingTools, type Tool } from './tools.ts';

/** A database driver or client under test. */
interface Driver {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** Builds its program, once. */
  prepare(): Promise<DriverProgram>;
  /** What it is asked to do on every version. */
  readonly checks: readonly CheckName[];
  /** Which of these it has no means for, and why. They are skipped by name. */
  readonly cannot?: Readonly<Partial<Record<CheckName, string>>>;
  /** Checks that only these versions need or know. */
  readonly versionChecks?: Readonly<Partial<Record<PostgresVersion, readonly CheckName[]>>>;
  /** Checks of what only Weir does. */
  readonly weirChecks?: readonly CheckName[];
}

/** Building fetches packages the first time. Milliseconds. */
const BUILD_LIMIT = 600_000;
const RUN_LIMIT = 300_000;

/** Declares a driver's tests: each check on each version of Postgres. */
export function describeDriver(driver: Driver): void {
  const missing = missingTools(driver.needs);
  describe(driver.name, () => {
    if (missing.length > 0) {
      declareMissing(driver.name, `not installed: ${missing.join(', ')}`);
      return;
    }
    let program: DriverProgram | undefined;
    beforeAll(async () => {
      program = await driver.prepare();
    }, BUILD_LIMIT);
    for (const [name, why] of cannotOf(driver))
      it.skip(`${CHECKS[name]} (cannot: ${why})`, () => {});
    for (const version of POSTGRES_VERSIONS) {
      describeScene(sceneOf(version), checksOf(driver, version), () => {
        if (program === undefined) throw new Error(`${driver.name} was not built`);
        return program;
      });
    }
  });
}

function checksOf(driver: Driver, version: PostgresVersion): readonly CheckName[] {
  const { checks, versionChecks, weirChecks = [] } = driver;
  const without = new Map(cannotOf(driver));
  return [
    ...checks.filter((name) => !without.has(name)),
    ...(versionChecks?.[version] ?? []),
    ...(isDirectRun() ? [] : weirChecks),
  ];
}

function cannotOf({ cannot = {} }: Driver): readonly (readonly [CheckName, string])[] {
  return Object.entries(cannot).filter((entry): entry is [CheckName, string] =>
    isCheckName(entry[0]),
  );
}

function describeScene(
  scene: Scene,
  checks: readonly CheckName[],
  program: () => DriverProgram,
): void {
  describe(`through ${scene.name}`, () => {
    if (!scene.available) {
      declareMissing(scene.name, scene.reason);
      return;
    }
    let reports: ReadonlyMap<CheckName, Report> = new Map();
    beforeAll(async () => {
      reports = await runDriver(program(), scene.connection, checks);
    }, RUN_LIMIT);
    it.each(checks.map((name) => [CHECKS[name], name] as const))('%s', (_title, name) => {
      const report = reports.get(name);
      expect(report?.ok === true ? 'ok' : report?.detail).toBe('ok');
    });
  });
}

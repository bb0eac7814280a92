import type { CheckName } from './checks.ts';

/** Runs one check; resolves to what it saw, rejects when that was wrong. */
export type Check = () => Promise<string>;

/** Runs the checks named by the command line, in that order, and prints a line of JSON for each. */
export async function runChecks(
  checks: Readonly<Partial<Record<CheckName, Check>>>,
): Promise<void> {
  const byName = new Map(Object.entries(checks));
  for (const name of process.argv.slice(2)) {
    const check = byName.get(name);
    const report = await (check === undefined
      ? { ok: false, detail: 'this driver has no such check' }
      : runOne(check));
    console.log(JSON.stringify({ name, ...report }));
  }
}

async function runOne(check: Check): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    return { ok: true, detail: await check() };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? String(error.stack) : String(error) };
  }
}

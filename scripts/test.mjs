/** `npm test [-- jest arguments]`: every test on real services, from a fresh clone. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, prepareWorkspace, ROOT, run } from './workspace.mjs';

const RESULT = join(ROOT, '.cache', 'test-result.json');

main(async () => {
  await prepareWorkspace();
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  jest.push('node_modules/jest/bin/jest.js', '--json', `--outputFile=${RESULT}`);
  try {
    // The report goes to a file, and people read what the reporter writes meanwhile.
    await run('node', [...jest, ...process.argv.slice(2)]);
  } catch {
    process.exitCode = 1;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
    readFileSync(RESULT, 'utf8'),
  );
  // A suite that could not even be loaded has no test to count.
  const failed = Math.max(numFailedTests, numFailedTestSuites);
  process.stdout.write(
    `\n${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped\n`,
  );
});

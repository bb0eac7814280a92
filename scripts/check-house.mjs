/** The rules of the house that no import shows. Each names the rule, where it holds, and who is exempt. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace.mjs';

const RULES = [
  {
    rule: 'core and contract name no protocol',
    where: /^packages\/(core|contract)\/src\//,
    never: /postgres|mysql|mariadb|\b5432\b|\b3306\b/i,
  },
  {
    rule: 'only one file makes an AuthorizedSession',
    where: /^(packages|plugins)\/[^/]+\/src\//,
    never: /\bas AuthorizedSession\b/,
    except: ['packages/core/src/authorised-session.ts'],
  },
  {
    rule: 'only server and cli read the environment',
    where: /^(packages|plugins)\/[^/]+\/src\//,
    never: /\bprocess\.env\b/,
    except: [/^packages\/(server|cli|testkit)\//],
  },
  {
    rule: 'no check is switched off',
    where: /^(packages|plugins|examples|e2e|benchmarks)\/.*\.ts$/,
    never: /@ts-(ignore|expect-error|nocheck)|biome-ignore/,
  },
];

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
}).split('\n');

let broken = 0;
for (const { rule, where, never, except = [] } of RULES) {
  const exempt = (file) =>
    except.some((one) => (one instanceof RegExp ? one.test(file) : one === file));
  for (const file of files.filter((name) => where.test(name) && !exempt(name))) {
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .forEach((line, index) => {
        if (!never.test(line)) return;
        broken += 1;
        process.stderr.write(`${file}:${index + 1}: ${rule}\n`);
      });
  }
}
if (broken > 0) process.exitCode = 1;
else process.stdout.write(`${RULES.length} rules of the house hold\n`);

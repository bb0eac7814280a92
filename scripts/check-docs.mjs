/**
 * Holds the documents to the tree: every path that a document names exists, and the two pages that
 * everybody reads stay short.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from './workspace.mjs';

const LONGEST = { 'README.md': 200, 'ARCHITECTURE.md': 300 };
/** The folders that a path in running text begins with. */
const PATH = /^(?:packages|plugins|examples|e2e|benchmarks|docs|scripts|\.ci)\/[\w./-]*$/;
const FILE = /^[A-Z][A-Z_]+\.md$/;

const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));

const problems = [];
for (const document of documents) {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  const limit = LONGEST[document];
  if (limit !== undefined && lines.length > limit) {
    problems.push(`${document}: ${lines.length} lines; ${limit} at most`);
  }
  lines.forEach((line, index) => {
    for (const name of namedPaths(line, document)) {
      if (!existsSync(join(ROOT, name))) {
        problems.push(`${document}:${index + 1}: ${name} does not exist`);
      }
    }
  });
}

/** Paths in backticks, from the root, and relative targets of links. */
function* namedPaths(line, document) {
  for (const [, code] of line.matchAll(/`([^`\s]+)`/g)) {
    if (PATH.test(code) || FILE.test(code)) yield code;
  }
  for (const [, target] of line.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (!/^[a-z]+:/.test(target)) yield normalize(join(dirname(document), target));
  }
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
else process.stdout.write(`${documents.length} documents name nothing that does not exist\n`);

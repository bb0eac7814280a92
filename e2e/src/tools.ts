import { spawnSync } from 'node:child_process';

/** What drivers' programs need on this machine, each with the shell command that finds it. */
const TOOLS = {
  psql: 'command -v psql',
  pg_dump: 'command -v pg_dump',
  pgbench: 'command -v pgbench',
  pg_recvlogical: 'command -v pg_recvlogical',
  pg_basebackup: 'command -v pg_basebackup',
  pg_receivewal: 'command -v pg_receivewal',
  'Python 3.10 or newer with venv':
    "python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'",
  // From 1.21 on, Go fetches by itself the newer version that a module asks for.
  'Go 1.21 or newer': "go version | grep -Eq 'go1\\.(2[1-9]|[3-9][0-9])'",
  'a Java 17 or newer compiler': "javac -version 2>&1 | grep -Eq 'javac (1[7-9]|[2-9][0-9])'",
  Maven: 'command -v mvn',
} as const;

/** A tool that a driver's program needs. */
export type Tool = keyof typeof TOOLS;

/** The tools that are not there, or not new enough. */
export function missingTools(needs: readonly Tool[]): readonly Tool[] {
  return needs.filter((tool) => spawnSync('sh', ['-c', TOOLS[tool]]).status !== 0);
}

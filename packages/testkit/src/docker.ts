import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a local daemon listens; other places stand in DOCKER_HOST. */
const SOCKETS = ['/var/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock')];

let answer: Promise<boolean> | undefined;

/** Whether a Docker daemon answers. Asked once; testcontainers is loaded only if one may be there. */
export function dockerAnswers(): Promise<boolean> {
  answer ??= ask();
  return answer;
}

async function ask(): Promise<boolean> {
  if (process.env['DOCKER_HOST'] === undefined && !SOCKETS.some(existsSync)) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

import { HOST, type Scene, startScene, TARGET } from './scene.ts';
import { playTour } from './tour.ts';

/** `npm start`: the scene stays up until Ctrl-C. With `--tour` it plays itself and ends. */

const tell = (line: string) => process.stdout.write(`${line}\n`);

function psqlLine(scene: Scene, name: string, user: string): string {
  const { port, caFile } = scene;
  const where = `host=${HOST} port=${port} dbname=${TARGET} user=${user}`;
  const how = `sslmode=verify-full sslrootcert=${caFile}`;
  return `PGPASSWORD=$(cat ${scene.tokenFile(name)}) psql "${where} ${how}"`;
}

function invite(scene: Scene): void {
  const { issuer, weir } = scene;
  tell('');
  tell('Weir is up. Nobody below holds a database password: each line logs in with a token.');
  for (const { subject, email, groups } of issuer.people) {
    tell(`\n# ${email} (${groups.join(', ')})`);
    tell(psqlLine(scene, subject, email));
  }
  tell(`\n# ${issuer.agent.clientId} (an agent)`);
  tell(psqlLine(scene, issuer.agent.clientId, issuer.agent.clientId));
  tell('');
  if (weir.admin !== undefined) tell(`metrics  http://${HOST}:${weir.admin.port}/metrics`);
  tell(`issuer   ${issuer.url}`);
  tell(`policy   ${scene.configPath}   (edit it: Weir reloads)`);
  tell('\nThere is no MySQL in this scene: this version speaks Postgres only.');
  tell('Ctrl-C ends everything.');
}

const scene = await startScene((what) => tell(`· ${what}`));
const end = async (code: number) => {
  await scene.stop();
  process.exit(code);
};
// A terminal's Ctrl-C may arrive more than once: from the terminal, and from what started this.
process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));

if (process.argv.includes('--tour')) {
  const passed = await playTour(scene, tell);
  await end(passed ? 0 : 1);
} else {
  invite(scene);
}

/**
 * PgBouncer as Weir's equal: session mode (a client keeps its database connection until it leaves),
 * TLS with the client and none to the database. What it does not do is the point of the comparison:
 * it looks into no statement and writes no log.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '@weir/testkit';
import type { Peer, PeerSetting } from './peer.ts';
import { untilItAnswers } from './wire-client.ts';

const PROGRAM = '/usr/sbin/pgbouncer';

export const pgbouncer: Peer = {
  name: 'pgbouncer',
  start: async (setting) => {
    const folder = await mkdtemp(join(setting.folder, 'pgbouncer-'));
    await chmod(folder, 0o755);
    const port = await findFreePort();
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(file, configuration(setting, folder, port));
    await writeFile(join(folder, 'users'), `"${setting.database.user}" ""\n`);
    if (setting.tls) {
      await writeFile(join(folder, 'server.crt'), setting.certificates.cert);
      await writeFile(join(folder, 'server.key'), setting.certificates.key, { mode: 0o644 });
    }

    // It refuses to be root, and `setpriv` ends it with this process, however this process ends.
    const account = process.getuid?.() === 0 ? ['--reuid', 'postgres', '--clear-groups'] : [];
    const child = spawn('setpriv', [...account, '--pdeathsig', 'TERM', PROGRAM, '-q', file], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const { pid } = child;
    if (pid === undefined) throw new Error('pgbouncer did not start');
    const address = { ...setting.database, host: '127.0.0.1', port, tls: setting.tls };
    await untilItAnswers(address, setting.certificates);
    return {
      address,
      pid,
      stop: async () => {
        child.kill('SIGTERM');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    };
  },
};

function configuration(setting: PeerSetting, folder: string, port: number): string {
  const { host, port: databasePort } = setting.database;
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users'),
    pool_mode: 'session',
    max_client_conn: setting.sessions + 50,
    default_pool_size: setting.sessions + 50,
    client_tls_sslmode: setting.tls ? 'require' : 'disable',
    ...(setting.tls && {
      client_tls_cert_file: join(folder, 'server.crt'),
      client_tls_key_file: join(folder, 'server.key'),
    }),
    server_tls_sslmode: 'disable',
    log_connections: 0,
    log_disconnections: 0,
    logfile: '/dev/null',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', `* = host=${host} port=${databasePort}`, '[pgbouncer]', ...lines, ''].join(
    '\n',
  );
}

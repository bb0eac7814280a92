import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
/** Ends the program with its parent, however that ends: the pipe to it closes. */
const LEASH = `data:text/javascript,${encodeURIComponent(
  'process.stdin.on("end", () => process.kill(process.pid, "SIGKILL")).resume().unref()',
)}`;

/** `weir serve`, from source, in a process of its own. */
export class ServeChild {
  /** All that it has written to both of its outputs. */
  output = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  /** `log` is where its log goes when not to `output`: a file descriptor. */
  constructor(configPath: string, env: Readonly<Record<string, string>>, log?: number) {
    this.#child = spawn(
      process.execPath,
      ['--conditions=weir-source', '--import', LEASH, MAIN, 'serve', '-c', configPath],
      { stdio: ['pipe', 'pipe', log ?? 'pipe'], env: { PATH: '/usr/bin:/bin', ...env } },
    );
    this.#exit = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  /** What matches first in its output, once something does. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const find = () => pattern.exec(this.output);
    await until(() => find() !== null || this.#child.exitCode !== null);
    const match = find();
    if (match === null) throw new Error(`it ended without saying ${pattern}:\n${this.output}`);
    return match;
  }

  /** The port that its clients connect to. */
  async port(): Promise<number> {
    const [, port] = await this.says(
      /"message":"listening"[^\n]*"port":(\d+)|listening .*port=(\d+)/,
    ).then(([, json, text]) => [undefined, json ?? text]);
    return Number(port);
  }

  /** Reads no more of its log: it may fill the pipe. */
  neglectLog(): void {
    this.#child.stderr?.pause();
  }

  /** Closes the end of its log that somebody reads. */
  abandonLog(): void {
    this.#child.stderr?.destroy();
  }

  signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Its exit status, when it has ended and said everything. */
  async exit(): Promise<unknown> {
    const [code] = await this.#exit;
    return code;
  }
}

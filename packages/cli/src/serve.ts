import { ConfigError, ListenError, startWeir, type Weir } from '@weir/server';
import { Command } from 'commander';

/** `weir serve`: runs until SIGTERM or SIGINT, which drain; SIGHUP reads the configuration again. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the proxy')
    .requiredOption('-c, --config <file>', 'the configuration', 'weir.yaml')
    .action(async (options: { readonly config: string }) => {
      try {
        serve(await startWeir({ configPath: options.config, env: process.env }));
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof ListenError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}

function serve(weir: Weir): void {
  process.on('SIGHUP', () => weir.reload());
  const stop = () => {
    void weir.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

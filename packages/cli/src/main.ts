#!/usr/bin/env node
import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { loginCommand } from './login.ts';
import { serveCommand } from './serve.ts';
import { tokenCommand } from './token.ts';
import { weirVersion } from './version.ts';

/** The `weir` command. */
const weir = new Command('weir')
  .description('An identity-aware proxy in front of every database')
  .version(weirVersion())
  .showHelpAfterError();
weir.addCommand(serveCommand());
weir.addCommand(checkCommand());
weir.addCommand(loginCommand());
weir.addCommand(tokenCommand());
await weir.parseAsync();

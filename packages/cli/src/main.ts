#!/usr/bin/env node
import { Command } from 'commander';
import { serveCommand } from './serve.ts';

const weir = new Command('weir')
  .description('An identity-aware proxy in front of every database')
  .showHelpAfterError();
weir.addCommand(serveCommand());
await weir.parseAsync();

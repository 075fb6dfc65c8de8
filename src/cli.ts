#!/usr/bin/env -S node --optimize-for-size
import { Command } from 'commander';
import { demo } from './commands/demo.js';
import { doctor } from './commands/doctor.js';
import { serve } from './commands/serve.js';
import type { Environment } from './config/settings.js';
import { VERSION } from './config/version.js';

interface HistoryOptions {
  readonly stateDb?: string;
  readonly hermesHome?: string;
  readonly host?: string;
  readonly port?: string;
}

/** What was said on the command line, under the names of the settings it overrides. */
function toEnvironment(options: HistoryOptions): Environment {
  const settings = {
    STATE_DB: options.stateDb,
    HERMES_HOME: options.hermesHome,
    HOST: options.host,
    PORT: options.port,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

const program = new Command('hermes-sessions')
  .description('A fast, safe REST API over the conversation history of Hermes Agent.')
  .version(VERSION)
  .showHelpAfterError();

program
  .command('serve', { isDefault: true })
  .description('serve a history; settings come from the environment and .env (see the README)')
  .option('--state-db <file>', 'the state.db to serve')
  .option('--hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .action(async (options: HistoryOptions) => {
    process.exitCode = await serve(toEnvironment(options));
  });

program
  .command('demo')
  .description('make a history of some hundred conversations, serve it, and say how to try it')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .action(async (options: HistoryOptions) => {
    process.exitCode = await demo(toEnvironment(options));
  });

program
  .command('doctor')
  .description('say what a history has, what will not work with it, and why; changes nothing')
  .option('--state-db <file>', 'the state.db to look at')
  .option('--hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option(
    '--deep',
    'also check every page: reads the whole file, and keeps Hermes waiting where it has no WAL',
  )
  .action(async (options: HistoryOptions & { readonly deep?: boolean }) => {
    process.exitCode = await doctor(toEnvironment(options), options.deep === true);
  });

await program.parseAsync();

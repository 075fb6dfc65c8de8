#!/usr/bin/env node
import addCompletion from '@bomb.sh/tab/commander';
import { Command } from 'commander';
import type { ExportOptions } from './commands/export.js';
import type { RemovalOptions } from './commands/hosts.js';
import type { KeyOptions, KeyPlaceOptions } from './commands/keys.js';
import type { McpOptions } from './commands/mcp.js';
import { SCOPES } from './auth/scopes.js';
import { SettingsError, type Environment } from './config/settings.js';
import { VERSION } from './config/version.js';
import { defined } from './domain/defined.js';
import { whyNoDriver } from './stores/hermes/file/sqlite-driver.js';
import { partsBetweenCommas } from './text/comma-list.js';

interface HistoryOptions {
  readonly stateDb?: string;
  readonly hermesHome?: string;
  readonly host?: string;
  readonly port?: string;
}

interface ShipOptions {
  readonly origin?: string;
  readonly rate?: string;
  readonly once?: boolean;
  readonly readOnly?: boolean;
  readonly acceptLoss?: boolean;
}

/** The options of the command line, under the names of the settings that they override. */
function toEnvironment(options: HistoryOptions): Environment {
  return defined({
    // A folder named here uses its own history, even if the environment names a STATE_DB.
    STATE_DB: options.stateDb ?? (options.hermesHome === undefined ? undefined : ''),
    HERMES_HOME: options.hermesHome,
    HOST: options.host,
    PORT: options.port,
  });
}

/**
 * The same for a command that reads either a history or the database. A history named on the command line wins over a database in the environment.
 */
function toReaderEnvironment(options: HistoryOptions): Environment {
  const isNamed = options.stateDb !== undefined || options.hermesHome !== undefined;
  return { ...toEnvironment(options), ...(isNamed ? { DATABASE_URL: '', DATABASE_REPLICA_URLS: '' } : {}) };
}

/** Values of an option that is repeated or separated by commas, as the API accepts them and `keys list` prints them. */
function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...partsBetweenCommas(text)];
}

const program = new Command('hermes-sessions')
  .description('A fast, safe REST API over the conversation history of Hermes Agent.')
  .version(VERSION)
  .showHelpAfterError();

program
  .command('serve', { isDefault: true })
  .description('serve a history; settings come from the environment and .env (see docs/settings.md)')
  .option('--state-db <file>', 'the state.db to serve')
  .option('--home, --hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .allowExcessArguments()
  .action(async (options: HistoryOptions, command: Command) => {
    // A mistyped command arrives here as an argument of the default one.
    const [unknown] = command.args;
    if (unknown !== undefined)
      command.error(`error: there is no command ${unknown}, and serve takes no arguments`);
    // Each command imports only what it needs: loading the whole server takes a second.
    const { serve } = await import('./commands/serve.js');
    process.exitCode = await serve(toReaderEnvironment(options));
  });

program
  .command('demo')
  .description('make a history of some hundred conversations, serve it, and say how to try it')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .option('--recent', 'let the history end now, instead of being the same each time')
  .action(async (options: HistoryOptions & { readonly recent?: boolean }) => {
    const { demo } = await import('./commands/demo.js');
    process.exitCode = await demo(toEnvironment(options), options.recent === true);
  });

program
  .command('doctor')
  .description('say what a history has, what will not work with it, and why; changes nothing')
  .option('--state-db <file>', 'the state.db to look at')
  .option('--home, --hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option(
    '--deep',
    'also check every page: reads the whole file, and keeps Hermes waiting where it has no WAL',
  )
  .action(async (options: HistoryOptions & { readonly deep?: boolean }) => {
    const { doctor } = await import('./commands/doctor.js');
    process.exitCode = await doctor(toEnvironment(options), options.deep === true);
  });

program
  .command('export [ids...]')
  .description(
    'take conversations out of a history into a file, without a server; all where nothing is selected',
  )
  .option('--state-db <file>', 'the state.db to read')
  .option('--home, --hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option('--format <format>', 'jsonl; for one session also json, markdown or html', 'jsonl')
  .option('--out <file>', 'the file to write; - is standard output', '-')
  .option('--gzip', 'compress it')
  .option('--lineage', 'with whole compression chains')
  .option('--include-inactive', 'with messages that were rewound or compacted away')
  .option('--include-children', 'every session row by itself')
  .option('--platform <platforms...>', 'only of these platforms', listed)
  .option('--profile <profiles...>', 'only of these profiles', listed)
  .option('--search <text>', 'only what a search finds')
  .option('--since <time>', 'started at or after')
  .option('--until <time>', 'started before')
  .option('--title <title>', 'with exactly this title')
  .option('--user-id <id>', 'only of this user')
  .option('--model <model>', 'only of this model')
  .option('--archived <which>', 'false, true or any')
  .option('--pinned', 'only what is pinned')
  .option('--no-pinned', 'only what is not pinned')
  .action(async (ids: readonly string[], options: ExportOptions & HistoryOptions) => {
    const { stateDb, hermesHome, ...selection } = options;
    const { exportSessions } = await import('./commands/export.js');
    process.exitCode = await exportSessions(ids, selection, toReaderEnvironment({ stateDb, hermesHome }));
  });

program
  .command('migrate')
  .description('bring the database at DATABASE_URL to the layout of this version')
  .action(async () => {
    const { migrateCommand } = await import('./commands/migrate.js');
    process.exitCode = await migrateCommand();
  });

program
  .command('ship')
  .description("send this host's history to the database at DATABASE_URL, and follow it")
  .option('--state-db <file>', 'the state.db to send')
  .option('--home, --hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option('--origin <name>', 'what this host is called there; its host name by default')
  .option('--rate <messages>', 'messages a second to send at most; 0 for no limit')
  .option('--read-only', 'leave the history as it is: refuse changes that are made in the database')
  .option('--once', 'send all there is, make the changes that wait, and end')
  .option(
    '--accept-loss',
    'let sessions go that are held back because they went at once; alone it tells the running shipper, and ends',
  )
  .action(async (options: HistoryOptions & ShipOptions) => {
    const { origin, rate, readOnly, once, acceptLoss, ...history } = options;
    const { ship } = await import('./commands/ship.js');
    process.exitCode = await ship(
      { once: once === true, acceptLoss: acceptLoss === true },
      {
        ...toEnvironment(history),
        ...(origin === undefined ? {} : { ORIGIN: origin }),
        ...(rate === undefined ? {} : { SHIP_RATE: rate }),
        ...(readOnly === true ? { SHIP_READ_ONLY: 'on' } : {}),
      },
    );
  });

const hosts = program
  .command('hosts')
  .description('the hosts whose histories meet in the database at DATABASE_URL, each with a role of its own');

hosts
  .command('add <name>')
  .description(
    'make a role that sends the history of one host and sees no other, and show its DATABASE_URL, once',
  )
  .action(async (name: string) => {
    const { addHostCommand } = await import('./commands/hosts.js');
    process.exitCode = await addHostCommand(name);
  });

hosts
  .command('list')
  .description('show all hosts')
  .action(async () => {
    const { listHostsCommand } = await import('./commands/hosts.js');
    process.exitCode = await listHostsCommand();
  });

hosts
  .command('remove <name>')
  .description('take a host away; its role lets nobody in any more')
  .option('--keep-history', 'what it sent stays, and nobody waits to hear of it any more')
  .option('--delete-history', 'what it sent goes from the database')
  .option('--profile <name>', 'take away this profile alone, which the host has no more; the host stays')
  .action(async (name: string, options: RemovalOptions) => {
    const { removeHostCommand } = await import('./commands/hosts.js');
    process.exitCode = await removeHostCommand(name, options);
  });

program
  .command('mcp')
  .description('serve a history to agents on standard input and output, by the Model Context Protocol')
  .option('--state-db <file>', 'the state.db to serve')
  .option('--home, --hermes-home <folder>', "Hermes's folder, where its state.db lies")
  .option('--write', 'let agents rename, archive and pin')
  .option('--url <address>', 'pass all on to this server instead, with the key in HERMES_SESSIONS_KEY')
  .action(async (options: HistoryOptions & McpOptions) => {
    const { url, write, ...history } = options;
    const { serveAgents } = await import('./commands/mcp.js');
    process.exitCode = await serveAgents({ url, write }, toReaderEnvironment(history));
  });

const keys = program
  .command('keys')
  .description(
    'keys for further people and programs, kept as salted hashes in KEYS_FILE, or with DATABASE_URL in the database',
  );

keys
  .command('create <name>')
  .description('make a key and show it, once')
  .requiredOption('--scope <scopes...>', `what it may do: ${SCOPES.join(', ')}`, listed)
  .option('--user-id <id>', 'only sessions of this user')
  .option('--platform <platforms...>', 'only sessions of these platforms', listed)
  .option('--profile <profiles...>', 'only sessions of these profiles', listed)
  .option('--origin <hosts...>', 'only sessions of these hosts', listed)
  .option('--expires <when>', 'when it ends: 12h, 90d, 8w, or a date')
  .option('--file', 'in KEYS_FILE, whatever database there is')
  .action(async (name: string, options: KeyOptions) => {
    const { createKeyCommand } = await import('./commands/keys.js');
    process.exitCode = await createKeyCommand(name, options);
  });

keys
  .command('list')
  .description('show all keys but what they are')
  .option('--file', 'in KEYS_FILE, whatever database there is')
  .action(async (options: KeyPlaceOptions) => {
    const { listKeysCommand } = await import('./commands/keys.js');
    process.exitCode = await listKeysCommand(options);
  });

keys
  .command('revoke <name>')
  .description('take a key back; running servers refuse it within a second')
  .option('--file', 'in KEYS_FILE, whatever database there is')
  .action(async (name: string, options: KeyPlaceOptions) => {
    const { revokeKeyCommand } = await import('./commands/keys.js');
    process.exitCode = await revokeKeyCommand(name, options);
  });

// `hermes-sessions complete bash` prints the completion script for the commands and options above.
addCompletion(program);

if (process.argv.slice(2).join(' ') === 'complete bash') {
  const { BASH_COMPLETION } = await import('./commands/bash-completion.js');
  process.stdout.write(BASH_COMPLETION);
} else await program.parseAsync().catch(sayWhyNot);

/** @throws errors that are caused neither by the installation nor by the settings. */
function sayWhyNot(error: unknown): void {
  const reason = whyNoDriver(error) ?? (error instanceof SettingsError ? error.message : undefined);
  if (reason === undefined) throw error;
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}

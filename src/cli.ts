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
  .option('--state-db <file>', 'state.db file to serve')
  .option('--home, --hermes-home <folder>', 'Hermes home folder, which contains state.db')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .allowExcessArguments()
  .action(async (options: HistoryOptions, command: Command) => {
    // A mistyped command arrives here as an argument of the default one.
    const [unknown] = command.args;
    if (unknown !== undefined) command.error(`error: unknown command ${unknown} (serve takes no arguments)`);
    // Each command imports only what it needs: loading the whole server takes a second.
    const { serve } = await import('./commands/serve.js');
    process.exitCode = await serve(toReaderEnvironment(options));
  });

program
  .command('demo')
  .description('serve a generated history of a few hundred conversations, and show how to try it')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .option('--recent', 'make the history end now instead of being the same every time')
  .action(async (options: HistoryOptions & { readonly recent?: boolean }) => {
    const { demo } = await import('./commands/demo.js');
    process.exitCode = await demo(toEnvironment(options), options.recent === true);
  });

program
  .command('doctor')
  .description('check a history, and report what will not work and why; changes nothing')
  .option('--state-db <file>', 'state.db file to check')
  .option('--home, --hermes-home <folder>', 'Hermes home folder, which contains state.db')
  .option(
    '--deep',
    'also check every page: reads the whole file, and blocks Hermes meanwhile if the file has no WAL',
  )
  .action(async (options: HistoryOptions & { readonly deep?: boolean }) => {
    const { doctor } = await import('./commands/doctor.js');
    process.exitCode = await doctor(toEnvironment(options), options.deep === true);
  });

program
  .command('export [ids...]')
  .description('export conversations to a file, without a server; by default, all of them')
  .option('--state-db <file>', 'state.db file to read')
  .option('--home, --hermes-home <folder>', 'Hermes home folder, which contains state.db')
  .option('--format <format>', 'jsonl; for a single session also json, markdown or html', 'jsonl')
  .option('--out <file>', 'file to write; - for standard output', '-')
  .option('--gzip', 'compress the output')
  .option('--lineage', 'include whole compression chains')
  .option('--include-inactive', 'include messages that were rewound or compacted away')
  .option('--include-children', 'include every session as a separate entry')
  .option('--platform <platforms...>', 'only these platforms', listed)
  .option('--profile <profiles...>', 'only these profiles', listed)
  .option('--search <text>', 'only conversations that match this search')
  .option('--since <time>', 'started at or after')
  .option('--until <time>', 'started before')
  .option('--title <title>', 'exact title')
  .option('--user-id <id>', 'only this user')
  .option('--model <model>', 'only this model')
  .option('--archived <which>', 'false, true or any')
  .option('--pinned', 'only pinned conversations')
  .option('--no-pinned', 'only conversations that are not pinned')
  .action(async (ids: readonly string[], options: ExportOptions & HistoryOptions) => {
    const { stateDb, hermesHome, ...selection } = options;
    const { exportSessions } = await import('./commands/export.js');
    process.exitCode = await exportSessions(ids, selection, toReaderEnvironment({ stateDb, hermesHome }));
  });

program
  .command('migrate')
  .description('migrate the database at DATABASE_URL to the schema of this version')
  .action(async () => {
    const { migrateCommand } = await import('./commands/migrate.js');
    process.exitCode = await migrateCommand();
  });

program
  .command('ship')
  .description("send this host's history to the database at DATABASE_URL, and keep it up to date")
  .option('--state-db <file>', 'state.db file to send')
  .option('--home, --hermes-home <folder>', 'Hermes home folder, which contains state.db')
  .option('--origin <name>', 'name of this host in the database; default: its host name')
  .option('--rate <messages>', 'maximum messages per second; 0 for no limit')
  .option('--read-only', 'never change the local history: reject changes made in the database')
  .option('--once', 'send everything, apply pending changes, and exit')
  .option(
    '--accept-loss',
    'remove sessions that are held back because many disappeared at once; without --once, tells the running shipper and exits',
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
  .description('manage the hosts that share the database at DATABASE_URL; each has its own role');

hosts
  .command('add <name>')
  .description(
    'create a role that can send and see only the history of this host, and show its DATABASE_URL once',
  )
  .action(async (name: string) => {
    const { addHostCommand } = await import('./commands/hosts.js');
    process.exitCode = await addHostCommand(name);
  });

hosts
  .command('list')
  .description('list all hosts')
  .action(async () => {
    const { listHostsCommand } = await import('./commands/hosts.js');
    process.exitCode = await listHostsCommand();
  });

hosts
  .command('remove <name>')
  .description('remove a host; its role can no longer log in')
  .option('--keep-history', 'keep what it sent, and stop expecting updates from it')
  .option('--delete-history', 'delete what it sent from the database')
  .option('--profile <name>', 'remove only this profile, which the host no longer has; keep the host')
  .action(async (name: string, options: RemovalOptions) => {
    const { removeHostCommand } = await import('./commands/hosts.js');
    process.exitCode = await removeHostCommand(name, options);
  });

program
  .command('mcp')
  .description('serve a history to agents on standard input and output, using the Model Context Protocol')
  .option('--state-db <file>', 'state.db file to serve')
  .option('--home, --hermes-home <folder>', 'Hermes home folder, which contains state.db')
  .option('--write', 'let agents rename, archive and pin')
  .option('--url <address>', 'forward everything to this server instead, with the key in HERMES_SESSIONS_KEY')
  .action(async (options: HistoryOptions & McpOptions) => {
    const { url, write, ...history } = options;
    const { serveAgents } = await import('./commands/mcp.js');
    process.exitCode = await serveAgents({ url, write }, toReaderEnvironment(history));
  });

const keys = program
  .command('keys')
  .description(
    'manage keys for other people and programs; stored as salted hashes in KEYS_FILE, or in the database if DATABASE_URL is set',
  );

keys
  .command('create <name>')
  .description('create a key, and show it once')
  .requiredOption('--scope <scopes...>', `what the key can do: ${SCOPES.join(', ')}`, listed)
  .option('--user-id <id>', 'only sessions of this user')
  .option('--platform <platforms...>', 'only sessions of these platforms', listed)
  .option('--profile <profiles...>', 'only sessions of these profiles', listed)
  .option('--origin <hosts...>', 'only sessions of these hosts', listed)
  .option('--expires <when>', 'when it expires: 12h, 90d, 8w, or a date')
  .option('--file', 'use only KEYS_FILE, even if there is a database')
  .action(async (name: string, options: KeyOptions) => {
    const { createKeyCommand } = await import('./commands/keys.js');
    process.exitCode = await createKeyCommand(name, options);
  });

keys
  .command('list')
  .description('list all keys, without their secrets')
  .option('--file', 'use only KEYS_FILE, even if there is a database')
  .action(async (options: KeyPlaceOptions) => {
    const { listKeysCommand } = await import('./commands/keys.js');
    process.exitCode = await listKeysCommand(options);
  });

keys
  .command('revoke <name>')
  .description('revoke a key; running servers reject it within a second')
  .option('--file', 'use only KEYS_FILE, even if there is a database')
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

import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NestFactory } from '@nestjs/core';
import { SingleBar } from 'cli-progress';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { AppModule } from '../app.module.js';
import { OWNER } from '../auth/authenticator.js';
import { environmentWithDotenv } from '../config/environment.js';
import { errorCode } from '../config/error-code.js';
import { generateApiKey, readSettings, SettingsError, type Environment } from '../config/settings.js';
import { ExportSessionQuery } from '../export/export-session.query.js';
import { ExportSessionsBody } from '../export/export-sessions.body.js';
import { ExportService, type ExportedFile, type ExportProgress } from '../export/export.service.js';
import { DomainError } from '../domain/errors.js';
import { ApiError } from '../http/errors.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { FULL_ACCESS } from '../domain/access.js';
import { SessionReader } from '../sessions/session-reader.js';
import { StoreHealth } from '../sessions/store-health.js';
import { prepareStateDbFile } from '../stores/hermes/file/startable-file.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';
import { sentenceOf } from './exit-code.js';
import { OutputFile, OutputFileError } from './output-file.js';

/** What to export, from the command line. */
export interface ExportOptions {
  readonly format?: string;
  /** Path of the file to write; `-` is standard output. */
  readonly out: string;
  readonly lineage?: boolean;
  readonly includeInactive?: boolean;
  readonly includeChildren?: boolean;
  readonly gzip?: boolean;
  readonly platform?: readonly string[];
  readonly profile?: readonly string[];
  readonly search?: string;
  readonly since?: string;
  readonly until?: string;
  readonly title?: string;
  readonly userId?: string;
  readonly model?: string;
  readonly archived?: string;
  readonly pinned?: boolean;
}

/** Options that also apply to one session; all others are for many sessions. */
const FOR_ONE: ReadonlySet<string> = new Set<keyof ExportOptions>([
  'format',
  'out',
  'lineage',
  'includeInactive',
  'profile',
]);

/** A mistake in a command, in one sentence for the user. */
class CommandError extends Error {}

/**
 * Exports conversations of a history to a file, without a server.
 * @param ids sessions to export; if empty, everything that the options select.
 * @returns the exit code: 0 if the file is complete, 1 otherwise, after printing the reason.
 */
export async function exportSessions(
  ids: readonly string[],
  options: ExportOptions,
  overrides: Environment,
): Promise<number> {
  try {
    const settings = readSettings({
      ...environmentWithDotenv(),
      ...overrides,
      // A reading command must not migrate a shared database.
      DATABASE_MIGRATE: 'off',
      // Required, but unused: nobody can connect to this process.
      API_SERVER_KEY: generateApiKey(),
    });
    if (settings.DATABASE_URL === '') prepareStateDbFile(settings.STATE_DB);
    const out = options.out === '-' ? undefined : new OutputFile(options.out);
    const logger = createLogger('silent');
    const app = await NestFactory.createApplicationContext(await AppModule.forRoot(settings, logger), {
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    try {
      await requireProfiles(app.get(SessionReader, { strict: false }), options);
      await writeExport(app.get(ExportService), ids, options, out);
      return await tellMissing(app.get(StoreHealth, { strict: false }), ids, options);
    } finally {
      await app.close();
    }
  } catch (error) {
    // The reader of the pipe has closed it.
    if (options.out === '-' && errorCode(error) === 'EPIPE') return 1;
    if (!isExpected(error)) throw error;
    process.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
}

/** Refuses unknown profiles: a mistyped name, or an id that was parsed as another value of the option, would yield an empty file. */
async function requireProfiles(
  reader: SessionReader,
  { profile = [], format = 'jsonl' }: ExportOptions,
): Promise<void> {
  // A single session is found or not.
  if (profile.length === 0 || format !== 'jsonl') return;
  const names = new Set((await reader.profileNames(FULL_ACCESS)).map(({ name }) => name));
  const unknown = profile.find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new CommandError(`There is no profile ${unknown}. Available profiles: ${[...names].join(', ')}.`);
}

/**
 * Reports the unreadable histories that a full export lacks: otherwise it would pass for a complete backup.
 * @returns the exit code.
 */
async function tellMissing(
  health: StoreHealth,
  ids: readonly string[],
  { profile = [] }: ExportOptions,
): Promise<number> {
  if (ids.length > 0) return 0;
  const unready = (await health.profilesOf(FULL_ACCESS)).filter(
    ({ name, readiness }) => !readiness.ready && (profile.length === 0 || profile.includes(name)),
  );
  const missing = unready.flatMap(({ name, origin }) => (origin === null ? [name] : []));
  const arriving = unready.flatMap(({ name, origin }) => (origin === null ? [] : [`${name} of ${origin}`]));
  if (missing.length > 0)
    process.stderr.write(`These profiles cannot be read and are not included: ${missing.join(', ')}.\n`);
  if (arriving.length > 0)
    process.stderr.write(
      `These profiles are still arriving and only partly included: ${arriving.join(', ')}.\n`,
    );
  return unready.length === 0 ? 0 : 1;
}

async function writeExport(
  exports: ExportService,
  ids: readonly string[],
  options: ExportOptions,
  out: OutputFile | undefined,
): Promise<void> {
  const bar = new SingleBar({
    format: 'Exporting [{bar}] {value}/{total} conversations, {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    // The bar's own signal handler would keep the process running.
    gracefulExit: false,
    etaBuffer: 100,
  });
  const takeBack = beforeSignals(() => {
    bar.stop();
    out?.discard();
  });
  // The export of a single session reports no progress.
  let written = (options.format ?? 'jsonl') === 'jsonl' ? 0 : 1;
  const progress: ExportProgress = (begun, total) => {
    written = begun;
    if (begun === 1) bar.start(total, 0);
    bar.setTotal(total);
    bar.update(begun);
  };
  try {
    const { content } = await selectFile(exports, ids, options, progress);
    if (out === undefined) await pipeline(content, process.stdout as Writable, { end: false });
    else await out.write(content);
  } finally {
    bar.stop();
    takeBack();
  }
  if (out !== undefined) process.stderr.write(`${written} exported to ${options.out}\n`);
}

/** Runs a clean-up before a signal ends the process. @returns a function that removes the handlers. */
function beforeSignals(clean: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: NodeJS.Signals): void => {
    clean();
    process.kill(process.pid, signal);
    // PID 1 of a container is not ended by the signal.
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.once(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

function selectFile(
  exports: ExportService,
  ids: readonly string[],
  options: ExportOptions,
  progress: ExportProgress,
): Promise<ExportedFile> {
  const { format = 'jsonl' } = options;
  if (format !== 'jsonl') {
    const [id] = ids;
    if (id === undefined || ids.length > 1) {
      throw new CommandError(
        `--format ${format} is for a single session: give one id. Use jsonl for several.`,
      );
    }
    refuseForOne(options, format);
    const query = {
      format,
      ...(options.lineage === true ? { lineage: 'true' } : {}),
      ...(options.includeInactive === true ? { include_inactive: 'true' } : {}),
      ...(options.profile === undefined ? {} : { profile: options.profile[0] }),
    };
    return exports.one(id, checked(ExportSessionQuery, query), OWNER);
  }
  return exports.many(checked(ExportSessionsBody, bodyOf(ids, options)), OWNER, { progress });
}

/** Refuses options without effect: otherwise the file would not contain what the user asked for. */
function refuseForOne(options: ExportOptions, format: string): void {
  const unheeded = Object.entries(options).find(([name, value]) => value !== undefined && !FOR_ONE.has(name));
  if (unheeded !== undefined) {
    const flag = unheeded[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new CommandError(
      `--${flag} cannot be used with --format ${format}, which exports a single session by its id.`,
    );
  }
  if ((options.profile?.length ?? 0) > 1)
    throw new CommandError(`With --format ${format}, --profile takes a single name.`);
}

function bodyOf(ids: readonly string[], options: ExportOptions): object {
  const { userId, includeInactive, includeChildren, out: _out, format: _format, ...rest } = options;
  return {
    ...rest,
    user_id: userId,
    include_inactive: includeInactive,
    include_children: includeChildren,
    ids: ids.length === 0 ? undefined : ids,
  };
}

/** Validates command-line options like an HTTP request. */
function checked<T extends object>(type: new () => T, value: object): T {
  const instance = plainToInstance(type, value);
  const [problem] = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  if (problem === undefined) return instance;
  throw new CommandError(
    Object.values(problem.constraints ?? {})[0] ?? `${problem.property} is not allowed.`,
  );
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof SettingsError ||
    error instanceof StateDbFileError ||
    error instanceof CommandError ||
    error instanceof OutputFileError ||
    error instanceof ApiError ||
    error instanceof DomainError ||
    (error instanceof Error && 'syscall' in error)
  );
}

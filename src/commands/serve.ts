import { settingsFromEnvironment } from '../config/environment.js';
import { SettingsError, type Environment, type Settings } from '../config/settings.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { startTracing } from '../tracing/tracing.js';
import { orSayWhyNot } from './listen-error.js';
import { prepareStateDbFile } from '../stores/hermes/file/startable-file.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';

/**
 * Serves the configured history until a signal stops it.
 * @returns the exit code: 0 once it listens, 1 if it cannot start, after printing the reason.
 */
export async function serve(overrides: Environment): Promise<number> {
  try {
    const settings = settingsFromEnvironment(overrides);
    if (settings.DATABASE_URL === '') prepareStateDbFile(settings.STATE_DB);
    return await listen(settings);
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof StateDbFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** @returns the exit code. */
async function listen(settings: Settings): Promise<number> {
  const logger = createLogger(settings.LOG_LEVEL);
  if (!['127.0.0.1', '::1', 'localhost'].includes(settings.HOST) && settings.TRUST_PROXY === 'false') {
    logger.warn(
      { host: settings.HOST },
      'Listening on a non-local address without TLS: put a TLS proxy in front, and set TRUST_PROXY.',
    );
  }
  // Must precede the import of everything that is traced.
  const tracing = await startTracing(settings, new NestLogger(logger));
  // Loaded after the settings are checked: it takes a second.
  const { startServer } = await import('../server.js');
  return orSayWhyNot(settings, () => startServer(settings, logger, tracing.stop));
}

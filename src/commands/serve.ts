import { settingsFromEnvironment } from '../config/environment.js';
import { SettingsError, type Environment, type Settings } from '../config/settings.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { startTracing } from '../tracing/tracing.js';
import { orSayWhyNot } from './listen-error.js';
import { prepareStateDbFile } from '../stores/hermes/file/startable-file.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';

/**
 * Serves the history that the settings name, until a signal stops it.
 * @returns the exit code: 0 once it listens, 1 when it cannot start, after saying why.
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
      'Listening beyond this machine without TLS: put a TLS proxy in front and set TRUST_PROXY.',
    );
  }
  // Before anything that is traced is loaded.
  const tracing = await startTracing(settings, new NestLogger(logger));
  // It takes a second to load, which nobody should wait for to hear that a setting is wrong.
  const { startServer } = await import('../server.js');
  return orSayWhyNot(settings, () => startServer(settings, logger, tracing.stop));
}

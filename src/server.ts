import { lookup } from 'node:dns/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { createAdapter, setUpApp } from './app.setup.js';
import type { Settings } from './config/settings.js';
import { NestLogger } from './logging/nest-logger.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Creates the complete application, not listening yet. */
export async function createApp(settings: Settings, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.forRoot(settings, logger),
    createAdapter(settings, logger),
    { logger: new NestLogger(logger), abortOnError: false, bodyParser: false },
  );
  await setUpApp(app, settings);
  return app;
}

/**
 * Starts to listen.
 * @param onStopped is awaited before the process exits.
 * @returns the application and the URL it answers on.
 */
export async function startServer(
  settings: Settings,
  logger: Logger,
  onStopped: () => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly app: NestFastifyApplication; readonly url: string }> {
  const app = await createApp(settings, logger);
  await app.listen(settings.PORT, await addressOf(settings.HOST));
  stopOnSignal(app, settings.STOP_TIMEOUT_MS, logger, onStopped);
  const url = `${await app.getUrl()}${settings.BASE_PATH}`;
  logger.info({ url }, 'listening');
  return { app, url };
}

/** The address to listen on. For `localhost` Fastify opens one server per address, and our limits and answers are set up on only one of them. */
async function addressOf(host: string): Promise<string> {
  return host === 'localhost' ? (await lookup(host, { order: 'ipv4first' })).address : host;
}

/**
 * On SIGTERM or SIGINT the server accepts no new connections, finishes running requests, closes its files and exits with 0. A second signal ends the
 * process at once.
 * @param limit how long running requests may continue, in milliseconds; then their connections are cut.
 */
function stopOnSignal(
  app: NestFastifyApplication,
  limit: number,
  logger: Logger,
  onStopped: () => Promise<void>,
): void {
  const stop = (signal: NodeJS.Signals): void => {
    // The next signal gets Node's default handling: immediate exit.
    for (const other of STOP_SIGNALS) process.removeListener(other, stop);
    logger.info({ signal }, 'stopping');
    const cut = setTimeout(() => {
      logger.warn('requests still run: their connections are cut');
      app.getHttpServer().closeAllConnections();
    }, limit);
    cut.unref();
    app
      .close()
      .then(onStopped)
      .then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'did not stop cleanly');
          process.exit(1);
        },
      );
  };
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
}

import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { createAdapter, setUpApp } from './app.setup.js';
import type { Settings } from './config/settings.js';
import { NestLogger } from './logging/nest-logger.js';

/** A whole application that does not listen yet. */
export async function createApp(settings: Settings, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings),
    createAdapter(settings, logger),
    { logger: new NestLogger(logger), abortOnError: false },
  );
  await setUpApp(app, settings);
  return app;
}

/**
 * Starts to listen.
 * @returns the application and the URL it answers on.
 */
export async function startServer(
  settings: Settings,
  logger: Logger,
): Promise<{ readonly app: NestFastifyApplication; readonly url: string }> {
  const app = await createApp(settings, logger);
  app.enableShutdownHooks();
  await app.listen(settings.PORT, settings.HOST);
  const url = `${await app.getUrl()}${settings.BASE_PATH}`;
  logger.info({ url }, 'listening');
  return { app, url };
}

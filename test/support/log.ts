import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createApp } from '../../src/server.js';
import { testSettings, TestServer } from './server.js';
import type { Environment } from '../../src/config/settings.js';

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A server whose log can be read while it runs. */
export async function serverWithLog(
  environment: Environment,
): Promise<{ readonly server: TestServer; readonly log: readonly LogLine[] }> {
  const log: LogLine[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) log.push(JSON.parse(line) as LogLine);
      done();
    },
  });
  const settings = testSettings(environment);
  const logger = pino(
    { level: environment.LOG_LEVEL ?? 'info', formatters: { level: (level) => ({ level }) } },
    out,
  );
  const app = await createApp(settings, logger);
  await app.listen(0, '127.0.0.1');
  return { server: TestServer.over(app), log };
}

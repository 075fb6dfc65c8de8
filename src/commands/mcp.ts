import { NestFactory } from '@nestjs/core';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { AppModule } from '../app.module.js';
import { OWNER } from '../auth/authenticator.js';
import { environmentWithDotenv, remoteKey } from '../config/environment.js';
import { generateApiKey, readSettings, SettingsError, type Environment } from '../config/settings.js';
import { ReadPosition, readingFrom } from '../domain/read-position.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { McpService } from '../mcp/mcp.service.js';
import { relay } from '../mcp/relay.js';
import { StdioTransport } from '../mcp/stdio-transport.js';
import { prepareStateDbFile } from '../stores/hermes/file/startable-file.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';

/** Options for serving an agent that starts this program itself. */
export interface McpOptions {
  /** Address of a server to use instead of the local history. */
  readonly url?: string;
  /** Whether agents may rename, archive and pin. */
  readonly write?: boolean;
}

/**
 * Serves the Model Context Protocol on standard input and output until the input ends. Nothing else is written to standard output.
 * @returns the exit code: 0 at the end, 1 if it cannot start, after printing the reason.
 */
export async function serveAgents(
  { url, write = false }: McpOptions,
  overrides: Environment,
): Promise<number> {
  try {
    if (url !== undefined) return await relayTo(url);
    // All requests come from one agent, so they share one read position.
    return await readingFrom(new ReadPosition(), () => serveHistory(write, overrides));
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof StateDbFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** The remote server decides what the key may do. */
async function relayTo(url: string): Promise<number> {
  const key = remoteKey();
  if (!URL.canParse(url))
    throw new SettingsError([`--url must be an address such as https://hermes.example.com.`]);
  await relay(new URL(`${url.replace(/\/+$/, '')}/mcp`), key, new StdioTransport());
  return 0;
}

async function serveHistory(write: boolean, overrides: Environment): Promise<number> {
  const settings = readSettings({
    ...environmentWithDotenv(),
    ...overrides,
    MCP: 'on',
    // A reading command must not migrate a shared database.
    DATABASE_MIGRATE: 'off',
    // Required, but unused: nobody can connect to this process.
    API_SERVER_KEY: generateApiKey(),
  });
  if (settings.DATABASE_URL === '') prepareStateDbFile(settings.STATE_DB);
  const logger = createLogger(settings.LOG_LEVEL, 2);
  const app = await NestFactory.createApplicationContext(await AppModule.forRoot(settings, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const mcp = app.get(McpService, { strict: false });
  const caller = { ...OWNER, scopes: new Set(write ? OWNER.scopes : (['sessions:read'] as const)) };
  const transport = new StdioTransport();
  const handle = serveStdio(({ era }) => mcp.connectedServer(caller, era, () => transport.subscribedUris), {
    transport,
  });
  await new Promise<void>((ended) => {
    void transport.ended.then(ended);
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        ended();
      });
  });
  await handle.close();
  await app.close();
  return 0;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateApiKey, readSettings } from '../config/settings.js';
import { VERSION } from '../config/version.js';
import { HistoryWriter } from '../demo/state-db/history-writer.js';
import { createLogger } from '../logging/logger.js';
import { createApp } from '../server.js';
import { errorsMarkdown } from './errors-markdown.js';
import { buildOpenApiDocument } from './openapi-document.js';

/** Writes `openapi.json` and `docs/errors.md`, which are checked in so that a review sees the contract change. */
const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-openapi-'));
try {
  const stateDb = join(folder, 'state.db');
  HistoryWriter.create(stateDb, 30).close();
  const settings = readSettings({ STATE_DB: stateDb, API_SERVER_KEY: generateApiKey(), LOG_LEVEL: 'silent' });
  const app = await createApp(settings, createLogger(settings.LOG_LEVEL));
  await app.init();
  const document = buildOpenApiDocument(app, VERSION, settings.BASE_PATH);
  await app.close();
  writeFileSync('openapi.json', `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync('docs/errors.md', errorsMarkdown());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochSeconds } from '../domain/instant.js';
import { environmentWithDotenv } from '../config/environment.js';
import { generateApiKey, readSettings, SettingsError, type Environment } from '../config/settings.js';
import { DEMO_HISTORY, writeDemoHistory } from '../demo/demo-history.js';
import { SignInLinks } from '../auth/sign-in/sign-in-links.js';
import { createLogger } from '../logging/logger.js';
import { startServer } from '../server.js';
import { orSayWhyNot } from './listen-error.js';

/**
 * Creates a history in a temporary folder, serves it with a key of its own, and prints how to try it.
 * @param isRecent whether the history ends now, with current ids, instead of being the same each time.
 * @returns the exit code: 0 once it listens, 1 if it cannot start, after printing the reason.
 */
export async function demo(overrides: Environment, isRecent: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-demo-'));
  // Outside the history's folder, which belongs to Hermes.
  const trash = `${folder}-trash`;
  process.once('exit', () => {
    for (const each of [folder, trash]) rmSync(each, { recursive: true, force: true });
  });
  const stateDb = join(folder, 'state.db');
  const keysFile = join(folder, 'keys.json');
  const id = writeDemoHistory(stateDb, isRecent ? { ...DEMO_HISTORY, now: epochSeconds() } : DEMO_HISTORY);
  try {
    const { HOST, PORT, LOG_LEVEL } = environmentWithDotenv();
    const settings = readSettings({
      HOST,
      PORT,
      LOG_LEVEL: LOG_LEVEL ?? 'warn',
      ...overrides,
      STATE_DB: stateDb,
      INDEX_DIR: join(folder, 'index'),
      TRASH_DIR: trash,
      // Keys for another history must not be valid here.
      KEYS_FILE: keysFile,
      API_SERVER_KEY: generateApiKey(),
    });
    return await orSayWhyNot(settings, async () => {
      const { app, url } = await startServer(settings, createLogger(settings.LOG_LEVEL));
      const code = app.get(SignInLinks, { strict: false }).issue();
      process.stdout.write(
        introduction({ url, key: settings.API_SERVER_KEY, code, stateDb, keysFile, id: id ?? '' }),
      );
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Values in the demo's introduction. */
interface Introduced {
  readonly url: string;
  readonly key: string;
  /** The code of a sign-in link. */
  readonly code: string;
  readonly stateDb: string;
  readonly keysFile: string;
  /** The id of a conversation. */
  readonly id: string;
}

function introduction({ url, key, code, stateDb, keysFile, id }: Introduced): string {
  return `
A demo history of more than ${DEMO_HISTORY.conversations - 20} conversations is served at ${url}

  Key:      ${key}
  Docs:     ${url}/docs   (press "Authorize" and paste the key)
  Console:  ${url}/console/#sign-in=${code}
            (this link signs you in once; after that, use the key)

Try it:

  curl -s -H "Authorization: Bearer ${key}" "${url}/v1/sessions?limit=3"
  curl -s -H "Authorization: Bearer ${key}" "${url}/v1/sessions?search=kubernetes&limit=3"
  curl -s -H "Authorization: Bearer ${key}" "${url}/v1/capabilities"

To run the examples in README.md and docs/ against the demo, first run this in another terminal:

  export URL=${url} KEY=${key} ID=${id}
  export STATE_DB=${stateDb} KEYS_FILE=${keysFile}

Press Ctrl+C to stop the demo. Its history is then deleted, and so is its trash, which is separate from TRASH_DIR.
`;
}

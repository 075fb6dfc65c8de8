import { renameSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesSessionsRepository } from '../../src/stores/hermes/hermes-sessions.repository.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { hour, onceWritten } from '../support/histories.js';
import { testSettings } from '../support/server.js';
import { describeStore, type OpenStore } from '../support/store-suite.js';

/** More messages than are read as a whole whenever the file has changed. */
const MANY = 5001;

/** Puts a session of many messages, in which none of the words of others stand, in the place of an empty history. */
function withLongSession(stateDb: string): void {
  const path = onceWritten('one long session', (file) => {
    const writer = HistoryWriter.create(file, 25);
    writer.together(() => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(1), ended_at: hour(2) });
      for (let at = 0; at < MANY; at++)
        writer.addMessage({
          session_id: 'long',
          role: 'user',
          content: 'and so on',
          timestamp: hour(1) + at,
        });
    });
    writer.close();
  });
  renameSync(path, stateDb);
}

/** The store of the file itself. */
async function open(stateDb: string): Promise<OpenStore> {
  const profiles = new HermesProfiles(
    testSettings({ STATE_DB: stateDb, PROFILES: 'false' }),
    new SilentObserver(),
  );
  await profiles.onApplicationBootstrap();
  return {
    repository: new HermesSessionsRepository(profiles),
    settled: () => Promise.resolve(),
    close: async () => {
      profiles.beforeApplicationShutdown();
      await profiles.onApplicationShutdown();
    },
  };
}

describe("the store of Hermes's own file, on random histories", () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  describeStore(open, 100);
});

describe("the store of Hermes's own file, on random histories that a thread reads", () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  describeStore(open, 40, withLongSession);
});

import { Logger } from '@nestjs/common';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesSessionsRepository } from '../../src/stores/hermes/hermes-sessions.repository.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { testSettings } from '../support/server.js';
import { describeStore, type OpenStore } from '../support/store-suite.js';

/** The store of the file itself. */
function open(stateDb: string): Promise<OpenStore> {
  const profiles = new HermesProfiles(
    testSettings({ STATE_DB: stateDb, PROFILES: 'false' }),
    new SilentObserver(),
  );
  profiles.onApplicationBootstrap();
  return Promise.resolve({
    repository: new HermesSessionsRepository(profiles),
    settled: () => Promise.resolve(),
    close: async () => {
      profiles.beforeApplicationShutdown();
      await profiles.onApplicationShutdown();
    },
  });
}

describe("the store of Hermes's own file, on random histories", () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  describeStore(open, 100);
});

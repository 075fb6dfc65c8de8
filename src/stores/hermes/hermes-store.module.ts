import { Module } from '@nestjs/common';
import { SessionFeed } from '../../sessions/session-feed.js';
import { SessionReader } from '../../sessions/session-reader.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { StoreHealth } from '../../sessions/store-health.js';
import { HermesHealth } from './hermes-health.js';
import { HermesSessionsRepository } from './hermes-sessions.repository.js';
import { HermesProfiles } from './profiles/hermes-profiles.js';

/** Provides the sessions of Hermes's own files through the ports that the rest of the server uses. */
@Module({
  providers: [
    HermesProfiles,
    { provide: SessionsRepository, useClass: HermesSessionsRepository },
    { provide: SessionReader, useExisting: SessionsRepository },
    { provide: SessionFeed, useExisting: HermesProfiles },
    { provide: StoreHealth, useClass: HermesHealth },
  ],
  exports: [SessionsRepository, SessionReader, SessionFeed, StoreHealth],
})
export class HermesStoreModule {}

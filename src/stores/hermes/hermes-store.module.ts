import { Module } from '@nestjs/common';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { HermesSessionsRepository } from './hermes-sessions.repository.js';
import { HermesProfiles } from './profiles/hermes-profiles.js';

/** Provides the sessions of Hermes's own files as the application's `SessionsRepository`. */
@Module({
  providers: [HermesProfiles, { provide: SessionsRepository, useClass: HermesSessionsRepository }],
  exports: [SessionsRepository],
})
export class HermesStoreModule {}

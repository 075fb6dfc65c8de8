import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../../config/settings.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { HermesConnection, READER, readerOptions } from './file/hermes-connection.js';
import { HermesSessionsRepository } from './hermes-sessions.repository.js';
import { IndexThread } from './index/index-thread.js';
import { SessionDigests } from './index/session-digests.js';
import { SessionIndex } from './index/session-index.js';
import { SessionLists } from './listing/session-lists.js';
import { SearchThreads } from './search/search-threads.js';
import { SessionSearch } from './search/session-search.js';
import { HistoryChanges } from './write/history-changes.js';
import { TranscriptTotals } from './transcript/transcript-totals.js';

/** Provides the sessions of a Hermes state.db as the application's `SessionsRepository`. */
@Module({
  imports: [
    // HermesConnection opens it itself, and again when the file is replaced.
    TypeOrmModule.forRootAsync({
      name: READER,
      inject: [Settings],
      useFactory: (settings: Settings) => ({ ...readerOptions(settings), manualInitialization: true }),
    }),
  ],
  providers: [
    HermesConnection,
    SessionIndex,
    SessionDigests,
    TranscriptTotals,
    IndexThread,
    SearchThreads,
    SessionSearch,
    SessionLists,
    HistoryChanges,
    { provide: SessionsRepository, useClass: HermesSessionsRepository },
  ],
  exports: [SessionsRepository],
})
export class HermesStoreModule {}

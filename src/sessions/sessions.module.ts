import { Module } from '@nestjs/common';
import { BulkChangesService } from './bulk/bulk-changes.service.js';
import { SessionCursors } from './session-cursors.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { TrashingService } from './trash/trashing.service.js';

/** The sessions API. The application provides the `SessionsRepository` that it runs on. */
@Module({
  controllers: [SessionsController],
  providers: [SessionsService, TrashingService, BulkChangesService, SessionCursors],
  exports: [SessionsService, SessionCursors],
})
export class SessionsModule {}

import { Global, Module } from '@nestjs/common';
import { SessionTrash } from '../sessions/trash/session-trash.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TrashController } from './trash.controller.js';
import { TrashFolder } from './trash-folder.js';
import { TrashService } from './trash.service.js';

/** Keeps deleted sessions for a while. Other modules use it through its port. */
@Global()
@Module({
  imports: [SessionsModule],
  controllers: [TrashController],
  providers: [TrashFolder, TrashService, { provide: SessionTrash, useExisting: TrashFolder }],
  exports: [SessionTrash],
})
export class TrashModule {}

import { Global, Module } from '@nestjs/common';
import { SessionTrash } from '../sessions/session-trash.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TrashController } from './trash.controller.js';
import { TrashFolder } from './trash-folder.js';
import { TrashService } from './trash.service.js';

/** Keeps what is deleted for a while. Whoever deletes sessions knows it by its port. */
@Global()
@Module({
  imports: [SessionsModule],
  controllers: [TrashController],
  providers: [TrashFolder, TrashService, { provide: SessionTrash, useExisting: TrashFolder }],
  exports: [SessionTrash],
})
export class TrashModule {}

import { Module } from '@nestjs/common';
import { ExportController } from './export.controller.js';
import { ExportService } from './export.service.js';
import { Pages } from './pages.js';

/** Exports the history as files. */
@Module({
  controllers: [ExportController],
  providers: [ExportService, Pages],
  exports: [ExportService, Pages],
})
export class ExportModule {}

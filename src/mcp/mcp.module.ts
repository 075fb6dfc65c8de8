import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { ExportModule } from '../export/export.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { StatisticsModule } from '../statistics/statistics.module.js';
import { McpController } from './mcp.controller.js';
import { McpService } from './mcp.service.js';

/** Serves the history to agents over the Model Context Protocol. */
@Module({
  imports: [EventsModule, ExportModule, SessionsModule, StatisticsModule, ProfilesModule],
  controllers: [McpController],
  providers: [McpService],
  exports: [McpService],
})
export class McpModule {}

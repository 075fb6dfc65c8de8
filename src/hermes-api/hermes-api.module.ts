import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApiServerController } from './api-server/api-server.controller.js';
import { ApiServerService } from './api-server/api-server.service.js';
import { DashboardDocumentController } from './dashboard/dashboard-document.controller.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { DashboardService } from './dashboard/dashboard.service.js';
import { ListedRows } from './dashboard/listed-rows.js';
import { ProfileListsService } from './dashboard/profile-lists.service.js';
import { ProfileUsage } from './dashboard/profile-usage.js';
import { ServerStatusService } from './dashboard/server-status.service.js';
import { UsageAnalytics } from './dashboard/usage-analytics.js';
import { HermesSessionsService } from './hermes-sessions.service.js';
import { ProfileScope } from './profile-scope.js';

/** Serves clients that were written for Hermes's own servers. */
@Module({
  imports: [SessionsModule],
  controllers: [ApiServerController, DashboardController, DashboardDocumentController],
  providers: [
    ApiServerService,
    DashboardService,
    HermesSessionsService,
    ListedRows,
    ProfileListsService,
    ProfileScope,
    ProfileUsage,
    ServerStatusService,
    UsageAnalytics,
  ],
})
export class HermesApiModule {}

import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApiServerController } from './api-server/api-server.controller.js';
import { ApiServerService } from './api-server/api-server.service.js';
import { HermesSessionsService } from './hermes-sessions.service.js';
import { ProfileScope } from './profile-scope.js';

/** Serves clients that were written for Hermes's own servers. */
@Module({
  imports: [SessionsModule],
  controllers: [ApiServerController],
  providers: [ApiServerService, HermesSessionsService, ProfileScope],
})
export class HermesApiModule {}

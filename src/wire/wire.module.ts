import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { WireController } from './wire.controller.js';
import { WireService } from './wire.service.js';

/** Serves clients that were written for Hermes's own API server. */
@Module({ imports: [SessionsModule], controllers: [WireController], providers: [WireService] })
export class WireModule {}

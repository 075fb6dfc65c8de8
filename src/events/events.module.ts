import { Module } from '@nestjs/common';
import { EventHub } from './event-hub.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';

/** Live events. */
@Module({ controllers: [EventsController], providers: [EventHub, EventsService], exports: [EventHub] })
export class EventsModule {}

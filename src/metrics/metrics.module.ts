import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { StoreObserver } from '../sessions/store-observer.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** Collects metrics, and serves them to Prometheus unless that is switched off. */
@Global()
@Module({})
export class MetricsModule {
  static forRoot({ METRICS }: Settings): DynamicModule {
    return {
      module: MetricsModule,
      controllers: METRICS === 'off' ? [] : [MetricsController],
      providers: [Metrics, { provide: StoreObserver, useExisting: Metrics }],
      exports: [Metrics, StoreObserver],
    };
  }
}

import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuthModule } from './auth/auth.module.js';
import { CapabilitiesModule } from './capabilities/capabilities.module.js';
import { Settings } from './config/settings.js';
import { LOGGER } from './logging/logger.js';
import { AuditLog } from './logging/audit-log.js';
import { EventsModule } from './events/events.module.js';
import { ExportModule } from './export/export.module.js';
import { HermesApiModule } from './hermes-api/hermes-api.module.js';
import { HealthModule } from './health/health.module.js';
import { ConnectionLimits } from './http/connection-limits.js';
import { FailureLog } from './http/failure-log.js';
import { connectionsWithinFiles } from './http/open-files.js';
import { RequestLimits, type RequestLimitSettings } from './http/request-limits.js';
import { McpModule } from './mcp/mcp.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { UpstreamModule } from './upstream/upstream.module.js';
import { StatisticsModule } from './statistics/statistics.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TrashModule } from './trash/trash.module.js';

/** The modules and providers of a running server. The module is global: every other module can inject its exports. */
@Global()
@Module({})
export class AppModule {
  static async forRoot(settings: Settings, logger: Logger): Promise<DynamicModule> {
    const store = await storeOf(settings);
    return {
      module: AppModule,
      imports: [
        AuthModule,
        MetricsModule.forRoot(settings),
        store,
        StatisticsModule,
        ExportModule,
        EventsModule,
        HermesApiModule,
        UpstreamModule,
        SessionsModule,
        TrashModule,
        ProfilesModule,
        ...(settings.MCP ? [McpModule] : []),
        CapabilitiesModule,
        HealthModule,
      ],
      providers: [
        { provide: Settings, useValue: settings },
        { provide: LOGGER, useValue: logger },
        { provide: AuditLog, useValue: new AuditLog(logger) },
        { provide: FailureLog, useValue: new FailureLog() },
        { provide: RequestLimits, useValue: new RequestLimits(limitsOf(settings)) },
        {
          provide: ConnectionLimits,
          useValue: new ConnectionLimits(connectionsWithinFiles(settings.MAX_CONNECTIONS, logger)),
        },
      ],
      exports: [Settings, LOGGER, AuditLog, FailureLog, RequestLimits, ConnectionLimits, store],
    };
  }
}

/** Loads the store module that the settings select. The code and dependencies of the other store are not loaded. */
async function storeOf(settings: Settings): Promise<Type | DynamicModule> {
  if (settings.DATABASE_URL === '') {
    const { HermesStoreModule } = await import('./stores/hermes/hermes-store.module.js');
    return HermesStoreModule;
  }
  const { PostgresStoreModule } = await import('./stores/postgres/postgres-store.module.js');
  return PostgresStoreModule.forRoot(settings);
}

function limitsOf(settings: Settings): RequestLimitSettings {
  return {
    perKey: settings.RATE_LIMIT_KEY,
    perAddress: settings.RATE_LIMIT_ADDRESS,
    wrongKeysPerAddress: settings.RATE_LIMIT_WRONG_KEYS,
  };
}

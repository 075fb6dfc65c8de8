import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { RequiredScope } from '../auth/scopes.js';
import { sharedLook } from '../domain/shared-look.js';
import { GuardedApiErrors } from '../http/api-errors.decorator.js';
import { Probe } from '../http/probe.decorator.js';
import { StoreHealth } from '../sessions/store-health.js';
import { Metrics, type StoreMeasurements } from './metrics.js';

/**
 * How long to wait for the store, in milliseconds. Prometheus gives up after ten seconds, and would then miss that the server does not
 * answer.
 */
const PATIENCE = 5000;

/** `/metrics`, for Prometheus. */
@ApiTags('Operations')
@ApiBearerAuth()
@Controller('metrics')
export class MetricsController {
  readonly #measurements: () => Promise<StoreMeasurements>;

  constructor(
    private readonly metrics: Metrics,
    health: StoreHealth,
  ) {
    // Shared among concurrent requests, because METRICS=public has no limits; later requests get new measurements.
    this.#measurements = sharedLook(() => measure(health), 0);
  }

  @Get()
  @Public(({ METRICS }) => METRICS === 'public')
  @RequiredScope('metrics')
  @Probe()
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Counts and latencies, for Prometheus',
    description:
      'Needs a key with the scope `metrics` that is not limited to a part of the history, unless the setting `METRICS` makes it public.',
  })
  @ApiOkResponse({
    description: 'The text format of Prometheus.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  @GuardedApiErrors()
  async get(): Promise<StreamableFile> {
    const text = await this.metrics.text(await this.#measurements());
    return new StreamableFile(Buffer.from(text), { type: this.metrics.contentType });
  }
}

async function measure(health: StoreHealth): Promise<StoreMeasurements> {
  const answers = Promise.all([health.readiness(), health.measurements()]);
  const [{ ready: isReady }, profiles] = await Promise.race([
    answers,
    pause(PATIENCE, [{ ready: false }, []] as const, { ref: false }),
  ]);
  return { isReady, profiles, standbys: health.standbys() };
}

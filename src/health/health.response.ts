import { ApiProperty } from '@nestjs/swagger';

/** Liveness of the process. */
export class LiveResponse {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  readonly status!: 'ok';
}

/** Liveness and version of the process. */
export class HealthResponse extends LiveResponse {
  @ApiProperty({
    enum: ['hermes-agent'],
    description: 'The name that clients of Hermes expect.',
    example: 'hermes-agent',
  })
  readonly platform!: 'hermes-agent';

  @ApiProperty({ example: '0.1.0' })
  readonly version!: string;
}

/** Whether requests can be answered. */
export class ReadyResponse {
  @ApiProperty({ enum: ['ready', 'not_ready'], example: 'ready' })
  readonly status!: 'ready' | 'not_ready';

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it is not ready; null when it is.',
    example: null,
  })
  readonly reason!: string | null;
}

/** The status of the store, for operators. */
export class HealthStoreResponse {
  @ApiProperty({ enum: ['hermes', 'postgres'], example: 'hermes' })
  readonly kind!: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 25 })
  readonly schema_version!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: "Journal mode of Hermes's file; null if the history is in a database.",
    example: 'wal',
  })
  readonly journal_mode!: string | null;

  @ApiProperty({ type: 'integer', description: 'Session rows.', example: 5197 })
  readonly sessions!: number;

  @ApiProperty({ type: 'integer', example: 130214 })
  readonly messages!: number;

  @ApiProperty({ type: 'integer', description: 'Sessions that have not ended.', example: 4 })
  readonly active_sessions!: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Session rows that no answer contains because their ids are empty or not text; `hermes-sessions doctor` lists them. null if the history is in a database.',
    example: 0,
  })
  readonly unreadable_sessions!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Seconds since the index was last updated; null while it is being built.',
    example: 0.4,
  })
  readonly index_age_seconds!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      "Set if Hermes's configuration says that it now keeps its history in its own database, so that the served file is outdated; otherwise null.",
    example: null,
  })
  readonly stale_reason!: string | null;
}

/** Health with the status of the store. */
export class DetailedHealthResponse extends HealthResponse {
  @ApiProperty({ type: Number, description: 'Seconds since the process started.', example: 86400 })
  readonly uptime_seconds!: number;

  @ApiProperty({ type: HealthStoreResponse })
  readonly store!: HealthStoreResponse;
}

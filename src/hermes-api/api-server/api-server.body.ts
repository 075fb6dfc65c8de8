import { ApiPropertyOptional } from '@nestjs/swagger';

const ID = { description: 'Generated if not sent.', example: 'notes_of_today' } as const;

/** A new session of a Hermes client. */
export class HermesNewSessionBody {
  @ApiPropertyOptional(ID)
  readonly id?: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Notes of today' })
  readonly title?: string | null;

  @ApiPropertyOptional({ example: 'hermes-agent' })
  readonly model?: string;

  @ApiPropertyOptional({ example: 'You keep notes.' })
  readonly system_prompt?: string;

  @ApiPropertyOptional({ description: 'Platform, api_server by default.', example: 'desktop' })
  readonly source?: string;
}

/** A fork of a session by a Hermes client. */
export class HermesForkBody {
  @ApiPropertyOptional(ID)
  readonly id?: string;

  @ApiPropertyOptional({
    description: 'By default that of the original session with a number.',
    example: 'Another way',
  })
  readonly title?: string;
}

/** Changes of a session by a Hermes client. */
export class HermesSessionChangesBody {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Kubernetes deployment review' })
  readonly title?: string | null;

  @ApiPropertyOptional({ description: 'Ends a session that is still open.', example: 'user_exit' })
  readonly end_reason?: string;

  @ApiPropertyOptional({ example: true })
  readonly pinned?: boolean;

  @ApiPropertyOptional({ example: false })
  readonly archived?: boolean;

  @ApiPropertyOptional({ description: 'Only if this version of the history supports it.', example: false })
  readonly hidden?: boolean;

  @ApiPropertyOptional({ description: 'Only if this version of the history supports it.', example: false })
  readonly unread?: boolean;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One message of a transcript. Optional fields are present only if the message has them. */
export class MessageResponse {
  @ApiProperty({ description: 'user, assistant, tool or system.', example: 'user' })
  readonly role!: string;

  @ApiProperty({
    oneOf: [
      { type: 'string' },
      { type: 'array', items: {} },
      { type: 'object', additionalProperties: true },
      { type: 'null' },
    ],
    description: 'Text, a list of content parts (text, images, …), or null.',
    example: 'Review my k8s deployment manifest',
  })
  readonly content!: unknown;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-05-01T14:30:12.000Z',
  })
  readonly timestamp!: string | null;

  @ApiProperty({ type: 'integer', description: 'Grows with every message of the history.', example: 1812 })
  readonly id!: number;

  @ApiProperty({ enum: ['hermes.message'], example: 'hermes.message' })
  readonly object!: 'hermes.message';

  @ApiPropertyOptional({ description: 'Session the message belongs to; only with `lineage=true`.' })
  readonly session_id?: string;

  @ApiPropertyOptional({
    oneOf: [{ type: 'array', items: {} }, { type: 'object', additionalProperties: true }, { type: 'string' }],
    description: 'Tool calls of an assistant message, decoded; the stored text where it is not valid JSON.',
    example: [
      { id: 'call_1', type: 'function', function: { name: 'terminal', arguments: '{"command":"ls"}' } },
    ],
  })
  readonly tool_calls?: unknown;

  @ApiPropertyOptional({ example: 'call_1' })
  readonly tool_call_id?: string;

  @ApiPropertyOptional({ example: 'terminal' })
  readonly tool_name?: string;

  @ApiPropertyOptional({ example: 'The manifest has no resource limits.' })
  readonly reasoning?: string;

  @ApiPropertyOptional({ example: 'stop' })
  readonly finish_reason?: string;

  @ApiPropertyOptional({ type: 'integer', example: 57 })
  readonly token_count?: number;

  @ApiPropertyOptional({
    enum: [false],
    description: 'false on a message that was rewound or compacted; only with `include_inactive=true`.',
  })
  readonly active?: false;

  @ApiPropertyOptional({
    enum: [true],
    description: 'A part is left out because it is larger than 256 MiB.',
  })
  readonly too_large?: true;

  @ApiPropertyOptional({
    enum: [true],
    description:
      'true on a message that is only a summary, written by a compaction for the model. Nobody said it.',
  })
  readonly summary?: true;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'array', items: {} }, { type: 'object', additionalProperties: true }],
    description:
      'The part of `content` that was actually said, if a compaction added a summary for the model to it.',
    example: 'Go on with step 3',
  })
  readonly own_content?: unknown;

  @ApiPropertyOptional({
    type: 'integer',
    description:
      'Number of transcript messages before it in this order, matching or not; only with `search`.',
    example: 57,
  })
  readonly position?: number;

  @ApiPropertyOptional({
    description:
      'The text around the first hit, as HTML: hits in `<mark>`, everything else escaped; only with `search`.',
    example: 'Review my <mark>k8s</mark> deployment manifest',
  })
  readonly snippet?: string;
}

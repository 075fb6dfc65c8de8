import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One message of a transcript. Optional fields are there only where the message has them. */
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
    description: 'Something of it is left out, since it is larger than 256 MiB.',
  })
  readonly too_large?: true;

  @ApiPropertyOptional({
    enum: [true],
    description: 'It is nothing but a summary that a compaction wrote for the model: nobody said it.',
  })
  readonly summary?: true;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'array', items: {} }, { type: 'object', additionalProperties: true }],
    description: 'What was said of it, where a compaction wrote a summary for the model into `content`.',
    example: 'Go on with step 3',
  })
  readonly own_content?: unknown;

  @ApiPropertyOptional({
    type: 'integer',
    description:
      'How many messages of the transcript come before it in this order, whether they match or not; only with `search`.',
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

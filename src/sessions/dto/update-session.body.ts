import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsString, ValidateIf } from 'class-validator';
import { MAX_TITLE_LENGTH } from '../session-title.js';

function isSent(_body: object, value: unknown): boolean {
  return value !== undefined;
}

/** Named examples for Swagger UI. */
export const UPDATE_EXAMPLES = {
  rename: { summary: 'Rename', value: { title: 'Slow orders query' } },
  clear: { summary: 'Remove the title', value: { title: null } },
  pin: { summary: 'Pin the whole conversation', value: { pinned: true } },
  archive: { summary: 'Archive the whole conversation', value: { archived: true } },
};

/** Body of `PATCH /v1/sessions/{session_id}`: at least one field. */
export class UpdateSessionBody {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: `New title, at most ${MAX_TITLE_LENGTH} characters, unique among all sessions; null removes it.`,
    example: 'My updated session title',
  })
  @ValidateIf((_body, value) => value !== undefined && value !== null)
  @IsString({ message: 'title must be a text or null.' })
  readonly title?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Applies to the whole compression chain.',
    example: false,
  })
  @ValidateIf(isSent)
  @IsBoolean({ message: 'archived must be true or false.' })
  readonly archived?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Applies to the whole compression chain.',
    example: true,
  })
  @ValidateIf(isSent)
  @IsBoolean({ message: 'pinned must be true or false.' })
  readonly pinned?: boolean;
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { BooleanParameter } from '../http/parameters.js';
import { SessionAddressQuery } from '../sessions/dto/session-address.query.js';
import { EXPORT_FORMATS, type ExportFormat } from './export-formats.js';

const FORMATS = Object.keys(EXPORT_FORMATS);

/** Query parameters of `GET /v1/sessions/{session_id}/export`. */
export class ExportSessionQuery extends SessionAddressQuery {
  @ApiPropertyOptional({
    enum: FORMATS,
    default: 'jsonl',
    description: '`jsonl` and `json` for programs, `markdown` and `html` for people.',
  })
  @IsOptional()
  @IsIn(FORMATS, { message: `format must be one of ${FORMATS.join(', ')}.` })
  readonly format: ExportFormat = 'jsonl';

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether to export the whole compression chain, oldest session first.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly lineage: boolean = false;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether to include messages that were rewound or compacted away.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly include_inactive: boolean = false;
}

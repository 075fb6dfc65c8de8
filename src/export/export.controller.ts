import { Body, Controller, Get, HttpCode, Param, Post, Query, type StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { UsualScope } from '../auth/scopes.js';
import {
  BODY_ERRORS,
  GuardedApiErrors,
  SEARCH_ERRORS,
  SESSION_ERRORS,
  STORE_ERRORS,
} from '../http/api-errors.decorator.js';
import { toDownload } from '../http/download.js';
import { UntilClosed } from '../http/until-closed.decorator.js';
import { SESSION_ID } from '../sessions/dto/session-id.js';
import { ExportSessionQuery } from './export-session.query.js';
import { EXPORT_EXAMPLES, ExportSessionsBody } from './export-sessions.body.js';
import { ExportService } from './export.service.js';

const TEXT = { schema: { type: 'string' } } as const;

/** Exports the history. */
@ApiTags('Sessions')
@ApiBearerAuth()
@Controller('v1/sessions')
@UsualScope('sessions:read')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  @Get(':session_id/export')
  @ApiOperation({
    operationId: 'exportSession',
    summary: 'Export a session as a file',
    description:
      'Streamed, however long the session is. Content is decoded and pictures are kept. In Markdown and HTML, nothing from a message becomes live HTML. A connection that breaks off means that the file is incomplete.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({
    description: 'The file, in the requested format.',
    content: {
      'application/x-ndjson': TEXT,
      'application/json': { schema: { type: 'object' } },
      'text/markdown': TEXT,
      'text/html': TEXT,
    },
  })
  @GuardedApiErrors('invalid_parameter', ...SESSION_ERRORS, ...STORE_ERRORS)
  async one(
    @Param('session_id') id: string,
    @Query() query: ExportSessionQuery,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    return toDownload(await this.exports.one(id, query, caller));
  }

  @Post('export')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'exportSessions',
    summary: 'Export many sessions as one file',
    description:
      'JSON Lines: each session, in the form of `GET /v1/sessions/{session_id}`, followed by its messages; oldest start first, or in the order of `ids`. `gzip` compresses the file.',
  })
  @ApiBody({ type: ExportSessionsBody, examples: EXPORT_EXAMPLES })
  @ApiOkResponse({
    description: 'The file.',
    content: {
      'application/x-ndjson': TEXT,
      'application/gzip': { schema: { type: 'string', format: 'binary' } },
    },
  })
  @GuardedApiErrors('invalid_parameter', ...BODY_ERRORS, ...SESSION_ERRORS, ...STORE_ERRORS, ...SEARCH_ERRORS)
  async many(
    @Body() body: ExportSessionsBody,
    @Caller() caller: Principal,
    @UntilClosed() signal: AbortSignal | undefined,
  ): Promise<StreamableFile> {
    return toDownload(await this.exports.many(body, caller, { signal }));
  }
}

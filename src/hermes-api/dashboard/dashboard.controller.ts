import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller } from '../../auth/caller.decorator.js';
import type { Principal } from '../../auth/principal.js';
import { Public } from '../../auth/public.decorator.js';
import { RequiredScope, UsualScope } from '../../auth/scopes.js';
import { BodyLimit } from '../../http/body-limit.decorator.js';
import { ChecksDepthItself, ReadsAnyBodyAsJson } from '../../http/json-body.js';
import { ErrorsIn } from '../../http/error-form.decorator.js';
import { ApiError } from '../../http/errors.js';
import { nothingThere } from '../../http/known-paths.js';
import { UntilClosed } from '../../http/until-closed.decorator.js';
import type { LenientQuery } from '../lenient-query.js';
import type { RequestBody } from '../request-body.js';
import { toDashboardError } from './dashboard.errors.js';
import type { DashboardObject } from './dashboard.presenter.js';
import { DashboardService } from './dashboard.service.js';
import { LARGEST_IMPORT } from './import-request.js';
import { ProfileListsService } from './profile-lists.service.js';
import { ServerStatusService } from './server-status.service.js';
import { UsageAnalytics } from './usage-analytics.js';

type Answer = Promise<DashboardObject>;

/**
 * `/dashboard/api`: the history in the format of Hermes's dashboard. Requests to `/api` with a dashboard session token are routed here too. The
 * answers contain whatever columns Hermes's version has, so they are not in the OpenAPI document.
 */
@ApiExcludeController()
@Controller('dashboard/api')
@UsualScope('sessions:read')
@ErrorsIn(toDashboardError)
@ReadsAnyBodyAsJson()
export class DashboardController {
  constructor(
    private readonly dashboard: DashboardService,
    private readonly lists: ProfileListsService,
    private readonly server: ServerStatusService,
    private readonly analytics: UsageAnalytics,
  ) {}

  @Get('status')
  status(@Query() _query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.server.status(caller);
  }

  /** `/api/status` without a key: apps check there whether a Hermes exists before they have a key. */
  @Get('public-status')
  @Public()
  publicStatus(@Query() _query: LenientQuery): Answer {
    return this.server.status(undefined);
  }

  @Get('profiles')
  profiles(@Query() _query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.server.profiles(caller);
  }

  @Get('profiles/sessions')
  listOfProfiles(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.lists.list(query, caller);
  }

  @Get('profiles/sessions/sidebar')
  sidebar(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.lists.sidebar(query, caller);
  }

  @Get('analytics/usage')
  usage(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.analytics.usage(query, caller);
  }

  @Get('analytics/models')
  models(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.analytics.models(query, caller);
  }

  @Get('sessions')
  list(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.dashboard.list(query, caller);
  }

  @Get('sessions/search')
  search(
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
    @UntilClosed('q') signal: AbortSignal | undefined,
  ): Answer {
    return this.dashboard.search(query, caller, signal);
  }

  @Get('sessions/stats')
  stats(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.dashboard.stats(query, caller);
  }

  @Get('sessions/empty/count')
  countEmpty(@Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.dashboard.countEmpty(query, caller);
  }

  @Delete('sessions/empty')
  @RequiredScope('sessions:delete')
  deleteEmpty(
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
    @UntilClosed() signal: AbortSignal,
  ): Answer {
    return this.dashboard.deleteEmpty({ body: body ?? {}, query }, caller, signal);
  }

  @Post('sessions/bulk-delete')
  @HttpCode(200)
  @RequiredScope('sessions:delete')
  deleteMany(
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.deleteMany({ body: sent(body), query }, caller);
  }

  @Post('sessions/import')
  @HttpCode(200)
  @BodyLimit(LARGEST_IMPORT)
  @ChecksDepthItself()
  @RequiredScope('sessions:write')
  importSessions(
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.importSessions({ body: sent(body), query }, caller);
  }

  @Post('sessions/prune')
  @HttpCode(200)
  @RequiredScope('sessions:delete')
  prune(
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.prune({ body: sent(body), query }, caller);
  }

  @Get('sessions/:session_id')
  get(@Param('session_id') id: string, @Query() query: LenientQuery, @Caller() caller: Principal): Answer {
    return this.dashboard.get(id, query, caller);
  }

  @Get('sessions/:session_id/latest-descendant')
  latestDescendant(
    @Param('session_id') id: string,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.latestDescendant(id, query, caller);
  }

  @Get('sessions/:session_id/messages')
  messages(
    @Param('session_id') id: string,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.messages(id, query, caller);
  }

  @Get('sessions/:session_id/export')
  async export(
    @Param('session_id') id: string,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const type = 'application/json; charset=utf-8';
    return new StreamableFile(await this.dashboard.export(id, query, caller), { type });
  }

  @Patch('sessions/:session_id')
  @RequiredScope('sessions:write')
  update(
    @Param('session_id') id: string,
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.update(id, { body: body ?? {}, query }, caller);
  }

  @Delete('sessions/:session_id')
  @RequiredScope('sessions:delete')
  delete(
    @Param('session_id') id: string,
    @Body() body: RequestBody | undefined,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Answer {
    return this.dashboard.delete(id, { body: body ?? {}, query }, caller);
  }

  /** The dashboard's other paths and unknown ones, answered in the dashboard's error format, which its clients can read. */
  @All('*')
  unknown(
    @Body() _body: RequestBody | undefined,
    @Query() _query: LenientQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): never {
    throw nothingThere(request, reply);
  }
}

/** Requires a body for changes of many sessions: a lost body must not select everything. */
function sent(body: RequestBody | undefined): RequestBody {
  if (body === undefined) throw new ApiError('invalid_body');
  return body;
}

import { Controller, Delete, Get, Post, Req, Res, type StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { UsualScope } from '../auth/scopes.js';
import { Settings } from '../config/settings.js';
import { EndlessAnswer } from '../http/endless-answer.decorator.js';
import { ApiError } from '../http/errors.js';
import { ErrorsIn } from '../http/error-form.decorator.js';
import { ReadsBodyItself } from '../http/unknown-input.interceptor.js';
import { requireAllowedOrigin } from './allowed-origin.js';
import { toAnswer, toWebRequest } from './http-exchange.js';
import { jsonRpcError } from './json-rpc-error.js';
import { isListening } from './listening.js';
import { McpService } from './mcp.service.js';

/** `/mcp`: the Model Context Protocol over Streamable HTTP. Not in the OpenAPI document, since the protocol describes itself. */
@ApiExcludeController()
@Controller('mcp')
@UsualScope('sessions:read')
@ErrorsIn(jsonRpcError)
@ReadsBodyItself()
export class McpController {
  constructor(
    private readonly mcp: McpService,
    private readonly settings: Settings,
  ) {}

  /** Answers a client's message. */
  @Post()
  @EndlessAnswer(({ body }) => isListening(body))
  message(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    return this.#exchange(request, reply, caller);
  }

  /** The event stream of clients of older revisions. */
  @Get()
  @EndlessAnswer()
  listen(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    return this.#exchange(request, reply, caller);
  }

  /** Clients of older revisions end a session with this. There are no sessions here. */
  @Delete()
  end(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    return this.#exchange(request, reply, caller);
  }

  async #exchange(request: FastifyRequest, reply: FastifyReply, caller: Principal): Promise<StreamableFile> {
    requireAllowedOrigin(request.headers.origin, this.settings.CORS_ORIGINS);
    // Batches exist in one of the oldest revisions. One would count as a single call, whatever it contains.
    if (Array.isArray(request.body))
      throw new ApiError('invalid_body', { message: 'Send one message at a time.' });
    const response = await this.mcp.exchange(toWebRequest(request, reply), request.body, caller);
    return toAnswer(response, reply);
  }
}

import { Body, Controller, Delete, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, BODY_ERRORS, GuardedApiErrors } from '../../http/api-errors.decorator.js';
import { Public } from '../public.decorator.js';
import { SignInBody, SignInLinkBody } from './sign-in.body.js';
import { SignInResponse } from './sign-in.response.js';
import { SignInService } from './sign-in.service.js';

/** The header that {@link requireOwnPage} requires. */
const OWN_PAGE = {
  name: 'X-Hermes-Sessions-Page',
  description: '`1` or any other value: marks a request of a page of this server.',
  required: true,
  example: '1',
} as const;

/** `/v1/sign-in`: lets a browser in without storing a key. */
@ApiTags('Sign-in')
@ApiHeader(OWN_PAGE)
@Controller('v1/sign-in')
export class SignInController {
  constructor(private readonly signIn: SignInService) {}

  @Post()
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'signIn',
    summary: 'Sign a browser in',
    description:
      'For pages served by this server. They send `X-Hermes-Sessions-Page: 1` here and with every request that carries the cookie. Neither scripts nor other sites can read the cookie. It has the rights of the key, and expires with it.',
  })
  @ApiOkResponse({ type: SignInResponse, description: 'The cookie is in `Set-Cookie`.' })
  @GuardedApiErrors(
    'invalid_parameter',
    'sign_in_needs_key',
    'foreign_page',
    'sign_in_unavailable',
    ...BODY_ERRORS,
  )
  begin(
    @Body() body: SignInBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignInResponse> {
    return this.signIn.withKey(body.stay ?? false, request, reply);
  }

  @Post('link')
  @HttpCode(200)
  @Public()
  @ApiOperation({
    operationId: 'signInByLink',
    security: [],
    summary: 'Sign a browser in by a link',
    description: 'With the code of a link that `hermes-sessions demo` printed. Each code works once.',
  })
  @ApiOkResponse({ type: SignInResponse, description: 'The cookie is in `Set-Cookie`.' })
  @ApiErrors(
    'invalid_parameter',
    'invalid_api_key',
    'foreign_page',
    'sign_in_unavailable',
    'too_many_wrong_keys',
    'rate_limited',
    'overloaded',
    'internal_error',
    ...BODY_ERRORS,
  )
  byLink(
    @Body() { code }: SignInLinkBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignInResponse> {
    return this.signIn.withLink(code, request, reply);
  }

  @Delete()
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'signOut',
    summary: 'Sign a browser out',
    description:
      'Removes the cookie from the browser. A copy of the cookie stays valid until it, or its key, expires.',
  })
  @ApiOkResponse({ type: SignInResponse, description: 'The browser is signed out.' })
  @GuardedApiErrors('foreign_page', ...BODY_ERRORS)
  end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): SignInResponse {
    return this.signIn.end(request, reply);
  }
}

import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { SCOPES, type Scope } from '../auth/scopes.js';

/** How callers authenticate. */
export class CapabilitiesAuthResponse {
  @ApiProperty({ enum: ['bearer'], example: 'bearer' })
  readonly type!: 'bearer';

  @ApiProperty({ example: true })
  readonly required!: boolean;

  @ApiProperty({
    enum: SCOPES,
    isArray: true,
    description: 'Scopes of the key of this request.',
    example: [...SCOPES],
  })
  readonly scopes!: readonly Scope[];
}

/** An endpoint's method and path. */
export class CapabilitiesEndpointResponse {
  @ApiProperty({ example: 'GET' })
  readonly method!: string;

  @ApiProperty({ example: '/v1/sessions' })
  readonly path!: string;
}

/** The server's current capabilities. */
@ApiExtraModels(CapabilitiesEndpointResponse)
export class CapabilitiesResponse {
  @ApiProperty({ enum: ['hermes.api_server.capabilities'], example: 'hermes.api_server.capabilities' })
  readonly object!: 'hermes.api_server.capabilities';

  @ApiProperty({ enum: ['hermes-agent'], example: 'hermes-agent' })
  readonly platform!: 'hermes-agent';

  @ApiProperty({ description: 'Version of this server.', example: '0.1.0' })
  readonly version!: string;

  @ApiProperty({ description: "Name of the agent's model, as Hermes reports it.", example: 'hermes-agent' })
  readonly model!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Where agents run: on the Hermes API server behind this one, if there is one.',
    example: { mode: 'history', tool_execution: 'none', split_runtime: false },
  })
  readonly runtime!: object;

  @ApiProperty({ type: CapabilitiesAuthResponse })
  readonly auth!: CapabilitiesAuthResponse;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: ['boolean', 'string'] },
    description:
      'A feature is true only if this server can do it now, on this history. Names of headers come from the Hermes API server behind this one.',
    example: { sessions_api: true, sessions_search: true, sessions_archive: true, chat_completions: false },
  })
  readonly features!: Readonly<Record<string, boolean | string>>;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(CapabilitiesEndpointResponse) },
    example: { sessions_list: { method: 'GET', path: '/v1/sessions' } },
  })
  readonly endpoints!: Readonly<Record<string, CapabilitiesEndpointResponse>>;
}

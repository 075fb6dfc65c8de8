import { ApiProperty } from '@nestjs/swagger';

/** A browser that was signed in; the cookie is in the headers. */
export class SignInResponse {
  @ApiProperty({ enum: ['hermes.sign_in'], example: 'hermes.sign_in' })
  readonly object!: 'hermes.sign_in';

  @ApiProperty({ description: 'Whether the browser is now signed in.', example: true })
  readonly signed_in!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'When the sign-in expires at the latest; null if it has ended.',
    example: '2026-06-20T12:00:00.000Z',
  })
  readonly ends_at!: string | null;
}

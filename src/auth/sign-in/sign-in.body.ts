import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalField } from '../../http/field-rules.js';
import { SwitchField, TextField } from '../../http/fields.js';

/** Body of `POST /v1/sign-in`. */
export class SignInBody {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'true: the sign-in lasts 30 days. false: it ends when the browser is closed, and after twelve hours at most.',
    example: true,
  })
  @OptionalField()
  @SwitchField()
  readonly stay?: boolean;
}

/** Body of `POST /v1/sign-in/link`. */
export class SignInLinkBody {
  @ApiProperty({
    description: 'The code of a link that this server printed.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sdZx0c3vK5v1m',
  })
  @TextField(1, 200)
  readonly code!: string;
}

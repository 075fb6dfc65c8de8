import { ApiProperty } from '@nestjs/swagger';

/** The host that something in an answer is of. */
export function OriginProperty(): PropertyDecorator {
  return ApiProperty({
    type: String,
    nullable: true,
    description: 'Host that it is of, where the histories of several are served; null else.',
    example: null,
  });
}

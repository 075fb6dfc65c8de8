import { ApiProperty } from '@nestjs/swagger';

/** The host that something in an answer is of. */
export function OriginProperty(): PropertyDecorator {
  return ApiProperty({
    type: String,
    nullable: true,
    description: 'Host, if the histories of several hosts are served; otherwise null.',
    example: null,
  });
}

import { ApiProperty } from '@nestjs/swagger';

/** The host of an object in an answer. */
export function OriginProperty(): PropertyDecorator {
  return ApiProperty({
    type: String,
    nullable: true,
    description: 'Host, if the histories of several hosts are served; otherwise null.',
    example: null,
  });
}

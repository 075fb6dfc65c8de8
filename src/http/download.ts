import type { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { create as contentDisposition } from 'content-disposition';

/** An answer that browsers save as a file instead of showing it. Its name may be in any script (RFC 6266). */
export function toDownload(file: {
  readonly content: Readable;
  readonly type: string;
  readonly name: string;
}): StreamableFile {
  return new StreamableFile(file.content, {
    type: file.type,
    disposition: contentDisposition(file.name),
  });
}

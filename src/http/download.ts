import type { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/** An answer that is a file to keep, whatever a browser could show. */
export function toDownload(file: {
  readonly content: Readable;
  readonly type: string;
  readonly name: string;
}): StreamableFile {
  return new StreamableFile(file.content, {
    type: file.type,
    disposition: `attachment; filename="${file.name}"`,
  });
}

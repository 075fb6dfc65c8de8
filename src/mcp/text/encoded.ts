import { bytesIn, sizeOf } from '../../text/attachment.js';

/** Base64 in a text: the content of a `data:` URL, or an unbroken run of Base64 characters too long to be words. */
const ENCODED =
  /data:[\w.+-]{1,100}\/[\w.+-]{1,100}(?:;[\w=-]{1,100})*;base64,[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9+/]{256,}={0,2}/g;

const ADDRESS = /^data:([^;,]+)[^,]*,/;

/** Replaces encoded files by their type and size: nobody reads them, and they would fill the context. */
export function withoutEncoded(text: string): string {
  return text.replace(ENCODED, (found) => {
    const [address = '', type = 'base64'] = ADDRESS.exec(found) ?? [];
    return `[${type}, ${sizeOf(bytesIn(found.length - address.length))}]`;
  });
}

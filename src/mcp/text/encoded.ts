import { bytesIn, sizeOf } from '../../text/attachment.js';

/** Base64 in a text: what a `data:` address holds, or so many of its characters without a break that they are no words. */
const ENCODED =
  /data:[\w.+-]{1,100}\/[\w.+-]{1,100}(?:;[\w=-]{1,100})*;base64,[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9+/]{256,}={0,2}/g;

const ADDRESS = /^data:([^;,]+)[^,]*,/;

/** A text in which encoded files are named, and not given: nobody reads them, and they would fill a context. */
export function withoutEncoded(text: string): string {
  return text.replace(ENCODED, (found) => {
    const [address = '', type = 'base64'] = ADDRESS.exec(found) ?? [];
    return `[${type}, ${sizeOf(bytesIn(found.length - address.length))}]`;
  });
}

import type { Message } from '../domain/message.js';
import { attachmentOf, bytesIn, sizeOf } from '../text/attachment.js';
import { isRecord } from '../text/json.js';

/** A displayable part of a message. */
export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  /** A picture within the message; `url` is a `data:` URL of a bitmap. */
  | { readonly kind: 'picture'; readonly url: string }
  /** A picture elsewhere on the web. */
  | { readonly kind: 'link'; readonly url: string }
  /** A recording within the message; `url` is a `data:` URL of audio. */
  | { readonly kind: 'recording'; readonly url: string; readonly description: string }
  /** A file that cannot be displayed. */
  | { readonly kind: 'file'; readonly description: string }
  /** Anything else, as JSON. */
  | { readonly kind: 'data'; readonly json: string };

/** Only bitmaps: an SVG can contain scripts. */
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** The parts of a message's content. */
export function partsOf({ content }: Pick<Message, 'content'>): readonly MessagePart[] {
  if (content === null || content === '') return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return Array.isArray(content) ? content.map(toPart) : [toData(content)];
}

function toPart(part: unknown): MessagePart {
  if (typeof part === 'string') return { kind: 'text', text: part };
  if (isRecord(part) && typeof part.text === 'string') return { kind: 'text', text: part.text };
  const attachment = attachmentOf(part);
  switch (attachment.kind) {
    case 'picture':
      return toPicture(part, attachment.address);
    case 'recording':
      return {
        kind: 'recording',
        url: attachment.address,
        description: described('recording', attachment.bytes),
      };
    case 'file':
      return { kind: 'file', description: described(attachment.type, attachment.bytes) };
    case 'data':
      return toData(attachment.value);
  }
}

function toPicture(part: unknown, url: string): MessagePart {
  if (PICTURE.test(url)) return { kind: 'picture', url };
  if (url.startsWith('data:'))
    return { kind: 'file', description: described('picture', bytesIn(url.length)) };
  return /^https?:\/\/[^\s<>"]+$/.test(url) ? { kind: 'link', url } : toData(part);
}

function described(type: string, bytes: number): string {
  return `${type}, ${sizeOf(bytes)}`;
}

function toData(value: unknown): MessagePart {
  return { kind: 'data', json: JSON.stringify(value, null, 2) };
}

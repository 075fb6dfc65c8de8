import type { Message } from '../domain/message.js';

/** A piece of a message for people to look at. */
export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  /** A picture that is part of the message itself; `url` is a `data:` URL of a bitmap. */
  | { readonly kind: 'picture'; readonly url: string }
  /** A picture that lies elsewhere on the web. */
  | { readonly kind: 'link'; readonly url: string }
  /** Anything else, as JSON. */
  | { readonly kind: 'data'; readonly json: string };

/** A tool that was called. */
export interface ToolCall {
  readonly name: string;
  readonly input: string;
}

/** Bitmaps alone: an SVG is a document that can hold scripts. */
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** The content of a message in pieces. */
export function partsOf({ content }: Pick<Message, 'content'>): readonly MessagePart[] {
  if (content === null || content === '') return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return Array.isArray(content) ? content.map(toPart) : [toData(content)];
}

/** The tools that a message calls. */
export function toolCallsOf({ toolCalls: calls }: Pick<Message, 'toolCalls'>): readonly ToolCall[] {
  if (calls === null) return [];
  return (Array.isArray(calls) ? calls : [calls]).map(toToolCall);
}

function toPart(part: unknown): MessagePart {
  if (typeof part === 'string') return { kind: 'text', text: part };
  if (!isObject(part)) return toData(part);
  if (typeof part.text === 'string') return { kind: 'text', text: part.text };
  const image = isObject(part.image_url) ? part.image_url.url : part.image_url;
  if (typeof image !== 'string') return toData(part);
  if (PICTURE.test(image)) return { kind: 'picture', url: image };
  return /^https?:\/\/[^\s<>"]+$/.test(image) ? { kind: 'link', url: image } : toData(part);
}

function toData(value: unknown): MessagePart {
  return { kind: 'data', json: JSON.stringify(value, null, 2) };
}

function toToolCall(call: unknown): ToolCall {
  const body = isObject(call) && isObject(call.function) ? call.function : call;
  if (!isObject(body) || typeof body.name !== 'string') {
    return { name: 'tool', input: typeof call === 'string' ? call : JSON.stringify(call, null, 2) };
  }
  return { name: body.name, input: readableInput(body.arguments) };
}

/** Arguments are JSON in a string, which is easier to read in lines. */
function readableInput(input: unknown): string {
  if (typeof input !== 'string') return JSON.stringify(input ?? {}, null, 2);
  try {
    return JSON.stringify(JSON.parse(input), null, 2);
  } catch {
    return input;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

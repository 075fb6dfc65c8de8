import {
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import type { AnswerCache } from './answer-cache.js';
import { entityTag, isNamedBy } from './entity-tag.js';
import { isWholeAnswer } from './store-answer.decorator.js';

/**
 * A revision of the store: while it stays the same, no answer can change. Undefined if it is unknown. Errors that it throws are ignored here; the
 * endpoint meets the same failure.
 */
export type StoreRevision = () => Promise<string | undefined>;

/** Gives every answer except files an entity tag, answers 304 if the caller already has it, and caches answers. */
export class AnswerInterceptor implements NestInterceptor {
  constructor(
    private readonly cache: AnswerCache,
    private readonly storeRevision: StoreRevision,
    /** Identifies readers who get the same answers. */
    private readonly readerOf: (request: FastifyRequest) => string,
    /** Called for each cacheable answer with its source. */
    private readonly onAnswer: (source: 'kept' | 'computed') => void,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return of(withTag(await answerOf(next), reply));
    const isWhole = this.cache.isUsed ? isWholeAnswer(context.getHandler()) : undefined;
    const revision = isWhole === undefined ? undefined : await this.#revision();
    const key = `${this.readerOf(request)} ${request.url}`;
    const kept = revision === undefined ? undefined : this.cache.get(key, revision);
    if (isWhole !== undefined) this.onAnswer(kept === undefined ? 'computed' : 'kept');
    if (kept !== undefined) return of(send(kept, request, reply));
    const given = await answerOf(next);
    if (given instanceof StreamableFile) return of(given);
    const body = Buffer.from(JSON.stringify(given));
    const answer = { tag: entityTag(body), body };
    // Cache an answer only if the revision is the same before and after it was computed.
    if (isWhole?.(given) === true && revision !== undefined && revision === (await this.#revision())) {
      this.cache.keep(key, { ...answer, revision });
    }
    return of(send(answer, request, reply));
  }

  #revision(): Promise<string | undefined> {
    return this.storeRevision().catch(() => undefined);
  }
}

function answerOf(next: CallHandler): Promise<unknown> {
  return lastValueFrom(next.handle());
}

/** A changed session is answered like a read of it, so it has the same tag. */
function withTag(answer: unknown, reply: FastifyReply): unknown {
  if (!(answer instanceof StreamableFile)) void reply.header('etag', entityTag(JSON.stringify(answer)));
  return answer;
}

function send(
  { tag, body }: { readonly tag: string; readonly body: Buffer },
  request: FastifyRequest,
  reply: FastifyReply,
): Buffer | undefined {
  void reply.header('content-type', 'application/json; charset=utf-8');
  if (reply.statusCode !== 200) return body;
  void reply.header('etag', tag);
  if (!isNamedBy(request.headers['if-none-match'], tag)) return body;
  void reply.status(304).removeHeader('content-type');
  return undefined;
}

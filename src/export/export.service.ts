import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../domain/errors.js';
import { ApiError } from '../http/errors.js';
import { beginning, textStream } from '../http/text-stream.js';
import { filterOfBody } from '../sessions/dto/session-filter.body.js';
import { accessWithin, type SessionAccess } from '../sessions/session-access.js';
import { conversationTitle } from '../sessions/conversation-title.js';
import type { SelectionRequest, SessionFilter } from '../sessions/session-query.js';
import { selectedSessions } from '../sessions/selected-sessions.js';
import { SessionReader } from '../sessions/session-reader.js';
import { fileNameOf } from '../text/file-name.js';
import { EXPORT_FORMATS, type ExportFormat } from './export-formats.js';
import type { ExportRecord } from './export-record.js';
import type { ExportSessionQuery } from './export-session.query.js';
import type { ExportSessionsBody } from './export-sessions.body.js';
import { toJsonDocument, toJsonLines } from './json-lines.js';
import { Pages, type PageOptions } from './pages.js';

/** Conversations that are looked up in one go. */
const PAGE = 100;

/** A file that is written while it is read. */
export interface ExportedFile {
  readonly content: Readable;
  /** Media type. */
  readonly type: string;
  readonly name: string;
}

/** Which session is taken, and whose eyes it is for. */
interface ExportedSession {
  readonly id: string;
  readonly access: SessionAccess;
}

/** What of each session is taken. */
interface ExportOptions {
  readonly lineage: boolean;
  readonly includeInactive: boolean;
}

/** Is told how many of how many conversations have been begun. */
export type ExportProgress = (begun: number, total: number) => void;

/** What goes along with taking many. */
interface ManyOptions {
  readonly progress?: ExportProgress;
  /** Ends a search for what is selected. */
  readonly signal?: AbortSignal;
}

/** Takes conversations out, as files of any length that are written as they are read. */
@Injectable()
export class ExportService {
  constructor(
    @Inject(SessionReader) private readonly reader: SessionReader,
    @Inject(Pages) private readonly pages: Pages,
  ) {}

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  async one(
    id: string,
    query: ExportSessionQuery,
    { access: all, name: caller }: Principal,
  ): Promise<ExportedFile> {
    const access = accessWithin(all, query);
    // What cannot be taken is refused before an answer begins.
    const session = await this.reader.get(id, access);
    const within = accessWithin(all, session);
    const title = query.lineage
      ? await conversationTitle(session, (other) => this.reader.get(other, within))
      : session.title;
    const { type, extension } = EXPORT_FORMATS[query.format];
    const options = { lineage: query.lineage, includeInactive: query.include_inactive };
    const content = textStream((over) =>
      this.#write(this.#session({ id, access }, options), query.format, { ...options, title, caller }, over),
    );
    return { content, type, name: `${fileNameOf(id, title)}.${extension}` };
  }

  /**
   * Takes a selection as JSON Lines.
   * @throws {ApiError} `invalid_parameter` for ids together with filters
   */
  async many(
    body: ExportSessionsBody,
    { access, name: caller }: Principal,
    { progress = () => undefined, signal }: ManyOptions = {},
  ): Promise<ExportedFile> {
    refuseFiltersBesideIds(body);
    const options = { lineage: body.lineage ?? false, includeInactive: body.include_inactive ?? false };
    const selected =
      body.ids === undefined
        ? this.#listed({ filter: filterOf(body, access), caller, signal }, access, progress)
        : this.#named(body.ids, body, access, progress);
    const begun = await beginning(selected);
    const text = textStream((over) =>
      this.#write(this.#sessions(begun, options), 'jsonl', { ...options, title: null, caller }, over),
    );
    if (body.gzip !== true) return { content: text, type: EXPORT_FORMATS.jsonl.type, name: 'sessions.jsonl' };
    return { content: gzipped(text), type: 'application/gzip', name: 'sessions.jsonl.gz' };
  }

  #write(
    records: AsyncIterable<ExportRecord>,
    format: ExportFormat,
    { includeInactive, title, caller }: ExportOptions & Omit<PageOptions, 'format'>,
    over: AbortSignal,
  ): AsyncIterable<string> {
    switch (format) {
      case 'jsonl':
        return toJsonLines(records, includeInactive);
      case 'json':
        return toJsonDocument(records, includeInactive);
      case 'markdown':
      case 'html':
        return this.pages.write(records, { format, title, caller }, over);
    }
  }

  async *#sessions(
    selected: AsyncIterable<ExportedSession>,
    options: ExportOptions,
  ): AsyncGenerator<ExportRecord> {
    for await (const session of selected) {
      try {
        yield* this.#session(session, options);
      } catch (error) {
        if (!(error instanceof NotBegunError)) throw error;
      }
    }
  }

  /** @throws {NotBegunError} where there is no such session any more */
  async *#session(
    { id, access }: ExportedSession,
    { lineage, includeInactive }: ExportOptions,
  ): AsyncGenerator<ExportRecord> {
    let isBegun = false;
    try {
      const members = lineage ? this.reader.chain(id, access) : [await this.reader.get(id, access)];
      for await (const session of members) {
        isBegun = true;
        yield { kind: 'session', session };
        for await (const messages of this.reader.transcript(session.id, { includeInactive }, access)) {
          yield { kind: 'messages', messages };
        }
      }
    } catch (error) {
      const isGone = error instanceof DomainError && error.code === 'session_not_found';
      throw isGone && !isBegun ? new NotBegunError(id, { cause: error }) : error;
    }
  }

  async *#listed(
    request: SelectionRequest,
    all: SessionAccess,
    progress: ExportProgress,
  ): AsyncGenerator<ExportedSession> {
    let begun = 0;
    for await (const { sessions, total } of selectedSessions(this.reader, request, PAGE))
      for (const session of sessions) {
        progress(++begun, total);
        yield { id: session.id, access: accessWithin(all, session) };
      }
  }

  /** Every id has to be one of a session: a selection that lacks some would not be the one that was asked for. */
  async *#named(
    ids: readonly string[],
    body: ExportSessionsBody,
    all: SessionAccess,
    progress: ExportProgress,
  ): AsyncGenerator<ExportedSession> {
    const access = accessWithin(all, body);
    for (const id of ids) await this.reader.get(id, access);
    for (const [at, id] of ids.entries()) {
      progress(at + 1, ids.length);
      yield { id, access };
    }
  }
}

/** A session was gone before anything of it was written, so that it can be left out. */
class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
}

function filterOf(body: ExportSessionsBody, access: SessionAccess): SessionFilter {
  return { ...filterOfBody(body, access, 'any'), includeChildren: body.include_children ?? false };
}

const FILTERS = [
  ...(['platform', 'search', 'since', 'until', 'title', 'user_id', 'model', 'archived', 'pinned'] as const),
  'include_children',
] as const;

function refuseFiltersBesideIds(body: ExportSessionsBody): void {
  if (body.ids === undefined) return;
  const filter = FILTERS.find((name) => body[name] !== undefined);
  if (filter === undefined) return;
  throw new ApiError('invalid_parameter', {
    param: filter,
    message: `${filter} cannot be used together with ids.`,
  });
}

function gzipped(text: Readable): Readable {
  // What fails on one side ends the other, too.
  return pipeline(text, createGzip(), () => undefined);
}

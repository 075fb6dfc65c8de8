import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../domain/errors.js';
import { ApiError } from '../http/errors.js';
import { beginning, textStream } from '../http/text-stream.js';
import { filterOfBody } from '../sessions/dto/session-filter.body.js';
import { accessWithin, type SessionAccess } from '../domain/access.js';
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

/** Conversations that are listed per page. */
const PAGE = 100;

/** A file that is streamed. */
export interface ExportedFile {
  readonly content: Readable;
  /** Media type. */
  readonly type: string;
  readonly name: string;
}

/** A session to export, with the access to use for it. */
interface ExportedSession {
  readonly id: string;
  readonly access: SessionAccess;
}

/** What to export of each session. */
interface ExportOptions {
  readonly lineage: boolean;
  readonly includeInactive: boolean;
}

/** Called with the number of conversations begun, and their total. */
export type ExportProgress = (begun: number, total: number) => void;

/** Options of exporting many sessions. */
interface ManyOptions {
  readonly progress?: ExportProgress;
  /** Cancels the search for the selection. */
  readonly signal?: AbortSignal;
}

/** Exports conversations as streamed files of any length. */
@Injectable()
export class ExportService {
  constructor(
    private readonly reader: SessionReader,
    private readonly pages: Pages,
  ) {}

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  async one(
    id: string,
    query: ExportSessionQuery,
    { access: all, name: caller }: Principal,
  ): Promise<ExportedFile> {
    const access = accessWithin(all, query);
    // Failures must be reported before the answer begins.
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
   * Exports a selection as JSON Lines.
   * @throws {ApiError} `invalid_parameter` for ids together with filters
   */
  async many(
    body: ExportSessionsBody,
    { access, name: caller }: Principal,
    { progress = () => undefined, signal }: ManyOptions,
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

  /** @throws {NotBegunError} if the session does not exist any more */
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

  /** All ids must exist: an export without some of them would not be what was requested. */
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

/** A session was deleted before anything of it was written, so it can be left out. */
class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
}

function filterOf(body: ExportSessionsBody, access: SessionAccess): SessionFilter {
  return { ...filterOfBody(body, access, 'any'), includeChildren: body.include_children ?? false };
}

/** Fields that go together with ids; all others are filters. */
const BESIDE_IDS: ReadonlySet<string> = new Set<keyof ExportSessionsBody>([
  'ids',
  'profile',
  'origin',
  'lineage',
  'include_inactive',
  'gzip',
]);

function refuseFiltersBesideIds(body: ExportSessionsBody): void {
  if (body.ids === undefined) return;
  const filter = Object.entries(body).find(
    ([name, value]) => value !== undefined && !BESIDE_IDS.has(name),
  )?.[0];
  if (filter === undefined) return;
  throw new ApiError('invalid_parameter', {
    param: filter,
    message: `${filter} cannot be used together with ids.`,
  });
}

function gzipped(text: Readable): Readable {
  // `pipeline` ends both streams when one fails.
  return pipeline(text, createGzip(), () => undefined);
}

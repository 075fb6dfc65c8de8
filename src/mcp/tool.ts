import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import type { Scope } from '../auth/scopes.js';
import type { Pages } from '../export/pages.js';
import type { ProfilesService } from '../profiles/profiles.service.js';
import type { SessionCursors } from '../sessions/session-cursors.js';
import type { SessionsService } from '../sessions/sessions.service.js';
import type { StatisticsService } from '../statistics/statistics.service.js';

/** What answers: the same services that answer the API. */
export interface HistoryServices {
  readonly sessions: SessionsService;
  readonly cursors: SessionCursors;
  readonly statistics: StatisticsService;
  readonly profiles: ProfilesService;
  readonly pages: Pages;
}

/** For whom a tool works, and with what. */
export interface ToolCall {
  readonly caller: Principal;
  readonly services: HistoryServices;
  /** Says that nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The same answer twice: for programs, and for models that read text. */
export interface ToolAnswer<S> {
  readonly structure: S;
  readonly text: string;
}

/** Something that a model can have done. Names, descriptions and schemas are written for it. */
export interface HistoryTool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What a key must be good for. */
  readonly scope: Scope;
  readonly annotations: ToolAnnotations;
  readonly input: I;
  readonly output: O;

  /** @throws {ApiError | DomainError} what the model is told in place of an answer. */
  run(input: z.output<I>, call: ToolCall): Promise<ToolAnswer<z.input<O>>>;
}

/** What reads changes nothing, and knows of nothing but this history. */
export const READ_ONLY: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };

/** What can be taken back, and is the same when it is done twice. */
export const REVERSIBLE: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

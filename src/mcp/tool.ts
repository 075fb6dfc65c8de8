import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import type { Scope } from '../auth/scopes.js';
import type { Pages } from '../export/pages.js';
import type { ProfilesService } from '../profiles/profiles.service.js';
import type { SessionCursors } from '../sessions/session-cursors.js';
import type { SessionsService } from '../sessions/sessions.service.js';
import type { StatisticsService } from '../statistics/statistics.service.js';

/** The services behind the tools, the same as behind the API. */
export interface HistoryServices {
  readonly sessions: SessionsService;
  readonly cursors: SessionCursors;
  readonly statistics: StatisticsService;
  readonly profiles: ProfilesService;
  readonly pages: Pages;
}

/** The context of a tool call. */
export interface ToolCall {
  readonly caller: Principal;
  readonly services: HistoryServices;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The same answer in two forms: structured for programs, and text for models. */
export interface ToolAnswer<S> {
  readonly structure: S;
  readonly text: string;
}

/** An action that a model can request. Names, descriptions and schemas are written for the model. */
export interface HistoryTool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The scope that the key needs. */
  readonly scope: Scope;
  readonly annotations: ToolAnnotations;
  readonly input: I;
  readonly output: O;

  /** @throws {ApiError | DomainError} a failure whose message the model gets instead of an answer. */
  run(input: z.output<I>, call: ToolCall): Promise<ToolAnswer<z.input<O>>>;
}

/** Changes nothing, and knows only this history. */
export const READ_ONLY: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };

/** Reversible and idempotent changes. */
export const REVERSIBLE: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

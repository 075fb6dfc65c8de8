import type { MessageResponse } from '@hermes-sessions/client';
import { toolCallsIn, type ToolCall } from '../../../src/text/tool-call.js';

/** A tool call with its result; one of them is undefined if unknown. */
export interface Step {
  readonly key: string;
  readonly call: ToolCall | undefined;
  /** The message with the call. */
  readonly caller: MessageResponse | undefined;
  readonly result: MessageResponse | undefined;
}

/** Consecutive tool calls without text in between, possibly of many messages. */
export interface Run {
  /** Ids of its messages, in order. */
  readonly members: readonly number[];
  readonly steps: readonly Step[];
}

/** A message prepared for display. */
export interface Row {
  readonly message: MessageResponse;
  readonly steps: readonly Step[];
  /** Whether it has no text of its own: it is a tool result, or only calls tools. */
  readonly isWork: boolean;
  /** Whether it is shown entirely elsewhere. */
  readonly isTold: boolean;
  /** Whether another session of the chain begins with it. */
  readonly isSeam: boolean;
  readonly run: Run | undefined;
  /** Whether it is the first message of its run. */
  readonly isFirst: boolean;
}

interface DraftStep {
  readonly key: string;
  readonly call: ToolCall | undefined;
  readonly caller: MessageResponse | undefined;
  result: MessageResponse | undefined;
}

interface Draft {
  readonly index: number;
  readonly message: MessageResponse;
  readonly steps: DraftStep[];
  readonly isWork: boolean;
  readonly isTold: boolean;
  readonly isSeam: boolean;
}

/** Cached calls per message: the rows are computed again at every scroll step. */
const known = new WeakMap<MessageResponse, readonly ToolCall[]>();

/**
 * Computes the rows of part of a transcript: results are joined with their calls, and calls without text in between are grouped.
 * @param at the message at an index, if it is loaded.
 * @param first index of the first row. @param last index of the last row.
 */
export function rowsOf(
  at: (index: number) => MessageResponse | undefined,
  first: number,
  last: number,
): ReadonlyMap<number, Row> {
  return new Map(runsOf(draftsOf(at, first, last)).flatMap(rowsOfRun));
}

function draftsOf(
  at: (index: number) => MessageResponse | undefined,
  first: number,
  last: number,
): readonly Draft[] {
  const drafts: Draft[] = [];
  let waiting: DraftStep[] = [];
  for (let index = first; index <= last; index++) {
    const message = at(index);
    if (message === undefined) continue;
    const before = at(index - 1);
    const isSeam = before !== undefined && before.session_id !== message.session_id;
    const steps: DraftStep[] = callsOf(message).map((call, place) => ({
      ...{ key: `${message.id}.${place}`, call, caller: message, result: undefined },
    }));
    waiting.push(...steps);
    const asked = message.role === 'tool' ? stepOf(message, waiting) : undefined;
    if (asked !== undefined) {
      asked.result = message;
      waiting = waiting.filter((step) => step !== asked);
    } else if (message.role === 'tool')
      steps.push({ key: String(message.id), call: undefined, caller: undefined, result: message });
    const isWork = message.role === 'tool' || (steps.length > 0 && isEmpty(message.content));
    drafts.push({ index, message, steps, isWork, isTold: asked !== undefined, isSeam });
  }
  return drafts;
}

/** The call that a result belongs to: the latest one with its id, since some providers reuse ids; without an id, the first open call of the tool. */
function stepOf(result: MessageResponse, waiting: readonly DraftStep[]): DraftStep | undefined {
  const { tool_call_id: id, tool_name: name } = result;
  if (id !== undefined) return waiting.findLast(({ call }) => call?.id === id);
  const candidates = waiting.filter(({ call }) => name === undefined || call?.name === name);
  return candidates.find(({ caller }) => caller === candidates.at(-1)?.caller);
}

function runsOf(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const runs: Draft[][] = [];
  for (const draft of drafts) {
    const run = runs.at(-1);
    if (run !== undefined && goesOn(run, draft)) run.push(draft);
    else runs.push([draft]);
  }
  return runs;
}

/** Whether a message continues a run. */
function goesOn(run: readonly Draft[], { index, isWork, isSeam }: Draft): boolean {
  const [first] = run;
  if (first === undefined || !isWork || isSeam) return false;
  return run.at(-1)?.index === index - 1 && (first.isWork || first.steps.length > 0);
}

function rowsOfRun(drafts: readonly Draft[]): readonly (readonly [number, Row])[] {
  const steps = drafts.flatMap((draft) => draft.steps);
  const run = steps.length > 1 ? { members: drafts.map(({ message }) => message.id), steps } : undefined;
  return drafts.map(({ index, ...row }, place) => [index, { ...row, run, isFirst: place === 0 }]);
}

function callsOf(message: MessageResponse): readonly ToolCall[] {
  const before = known.get(message);
  if (before !== undefined) return before;
  const calls = toolCallsIn(message.tool_calls);
  known.set(message, calls);
  return calls;
}

function isEmpty(content: MessageResponse['content']): boolean {
  return content === null || content === '' || (Array.isArray(content) && content.length === 0);
}

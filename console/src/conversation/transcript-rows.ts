import type { MessageResponse } from '@hermes-sessions/client';
import { toolCallsIn, type ToolCall } from '../../../src/text/tool-call.js';

/** A call of a tool, and what came of it; one of both alone where the other one is not known. */
export interface Step {
  readonly key: string;
  readonly call: ToolCall | undefined;
  /** Message that calls. */
  readonly caller: MessageResponse | undefined;
  readonly result: MessageResponse | undefined;
}

/** What is done between one word and the next, however many messages it takes. */
export interface Run {
  /** Ids of the messages that it is made of, the first one first. */
  readonly members: readonly number[];
  readonly steps: readonly Step[];
}

/** A message as it stands in a transcript. */
export interface Row {
  readonly message: MessageResponse;
  readonly steps: readonly Step[];
  /** Whether it says nothing by itself: a result that is told with its call, or calls without a word. */
  readonly isWork: boolean;
  /** Whether all of it is told elsewhere. */
  readonly isTold: boolean;
  /** Whether another session of the chain begins with it. */
  readonly isSeam: boolean;
  readonly run: Run | undefined;
  /** Whether its run begins with it. */
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

/** Calls of messages that were looked at: a transcript is laid out again with every step of a scroll. */
const known = new WeakMap<MessageResponse, readonly ToolCall[]>();

/**
 * Lays out a piece of a transcript: results stand with their calls, and what was done without a word is told together.
 * @param at the message at a place, as far as it is loaded.
 * @param first the first place of the piece. @param last the last one.
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

/** The call that a result is of: the latest one with its id, as some providers count anew each time; else the first of its tool. */
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

/** Whether a message goes on with what was begun before it. */
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

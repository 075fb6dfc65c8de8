import type { MessageResponse } from '@hermes-sessions/client';
import { rowsOf } from '../../console/src/conversation/transcript-rows.js';

type Part = Partial<MessageResponse> & Pick<MessageResponse, 'role'>;

function message(part: Part, at: number): MessageResponse {
  return { id: at + 1, object: 'hermes.message', content: '', timestamp: null, session_id: 's', ...part };
}

function calls(...ids: readonly string[]): Pick<MessageResponse, 'tool_calls'> {
  return { tool_calls: ids.map((id) => ({ id, function: { name: 'run', arguments: '{}' } })) };
}

/** Rows of messages as words: what each shows by itself. */
function told(parts: readonly Part[]): readonly string[] {
  const messages = parts.map(message);
  const rows = rowsOf((index) => messages[index], 0, messages.length - 1);
  return [...rows.values()].map(({ message: { role }, isWork, isTold, steps, run, isFirst }) => {
    if (isTold) return 'told';
    const done = steps.map(({ call, result }) => `${call?.id ?? '?'}>${result?.id ?? '?'}`).join(' ');
    const place = run === undefined ? '' : isFirst ? ` first of ${run.steps.length}` : ' more';
    return `${isWork ? 'work' : role} ${done}${place}`.trim();
  });
}

describe('the rows of a transcript', () => {
  it('have results with their calls, and calls without a word together', () => {
    expect(
      told([
        { role: 'user', content: 'Do it' },
        { role: 'assistant', ...calls('a', 'b') },
        { role: 'tool', tool_call_id: 'b' },
        { role: 'tool', tool_call_id: 'a' },
        { role: 'assistant', ...calls('c') },
        { role: 'tool', tool_call_id: 'c' },
        { role: 'assistant', content: 'Done' },
      ]),
    ).toEqual(['user', 'work a>4 b>3 first of 3', 'told', 'told', 'work c>6 more', 'told', 'assistant']);
  });

  it('begin anew with each word', () => {
    expect(
      told([
        { role: 'assistant', content: 'Let me look', ...calls('a') },
        { role: 'tool', tool_call_id: 'a' },
        { role: 'assistant', content: 'And there', ...calls('b') },
        { role: 'tool', tool_call_id: 'b' },
      ]),
    ).toEqual(['assistant a>2', 'told', 'assistant b>4', 'told']);
  });

  it('tell a result whose call is not there by itself, and a call without a result', () => {
    expect(
      told([
        { role: 'tool', tool_call_id: 'x' },
        { role: 'user', content: 'Go on' },
        { role: 'assistant', ...calls('y') },
      ]),
    ).toEqual(['work ?>1', 'user', 'work y>?']);
  });

  it('take the latest call where ids are counted anew, and the first of its tool where there is no id', () => {
    expect(
      told([
        { role: 'assistant', content: '1', ...calls('call_1') },
        { role: 'assistant', content: '2', ...calls('call_1') },
        { role: 'tool', tool_call_id: 'call_1' },
        { role: 'assistant', content: '3', ...calls('p', 'q') },
        { role: 'tool', tool_name: 'run' },
      ]),
    ).toEqual(['assistant call_1>?', 'assistant call_1>3', 'told', 'assistant p>5 q>? first of 2', 'told']);
  });

  it('end a run where the chain has a seam', () => {
    expect(
      told([
        { role: 'assistant', ...calls('a') },
        { role: 'assistant', session_id: 't', ...calls('b') },
      ]),
    ).toEqual(['work a>?', 'work b>?']);
  });
});

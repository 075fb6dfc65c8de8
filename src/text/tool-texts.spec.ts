import { inputText, subjectOf, toolCallsIn } from './tool-call.js';
import { toolOutputOf } from './tool-output.js';

describe('calls of tools', () => {
  it.each([
    [
      [{ id: 'c1', function: { name: 'terminal', arguments: '{"command":"npm test"}' } }],
      'c1 terminal $ npm test',
    ],
    [[{ id: 'c2', name: 'read_file', input: { path: 'a/b.ts', limit: 5 } }], 'c2 read_file a/b.ts'],
    [
      { call_id: 'c3', name: 'web_extract', arguments: '{"urls":["https://a.example"]}' },
      'c3 web_extract https://a.example',
    ],
    [[{ id: 'c4', function: { name: 'run', arguments: 'not json\nat all' } }], 'c4 run not json …'],
    [[{ id: 'c5', function: { name: 'now', arguments: '{}' } }], 'c5 now undefined'],
    ['{broken', 'undefined undefined {broken'],
  ])('%j is told as %s', (calls, told) => {
    expect(toolCallsIn(calls).map((call) => `${call.id} ${call.name} ${subjectOf(call)}`)).toEqual([told]);
  });

  it('are none where nothing is stored of them', () => {
    expect([toolCallsIn(null), toolCallsIn(undefined), toolCallsIn([])]).toEqual([[], [], []]);
  });

  it('have their arguments in lines', () => {
    expect([inputText({ a: 1 }), inputText('text'), inputText(undefined)]).toEqual([
      '{\n  "a": 1\n}',
      'text',
      '{}',
    ]);
  });
});

describe('what a tool said', () => {
  it.each([
    ['total 0\n', { text: 'total 0\n', exitCode: undefined, isFailed: false }],
    ['{"output":"hello\\n","exit_code":0,"error":null}', { text: 'hello\n', exitCode: 0, isFailed: false }],
    [
      '{"output":"","exit_code":2,"error":"no such file"}',
      { text: 'no such file', exitCode: 2, isFailed: true },
    ],
    [
      '{"output":"part","exit_code":-1,"pid":7}',
      { text: 'part\n{\n  "pid": 7\n}', exitCode: -1, isFailed: true },
    ],
    ['{"error":"not found"}', { text: 'not found', exitCode: undefined, isFailed: true }],
    ['{"success":false}', { text: '{\n  "success": false\n}', exitCode: undefined, isFailed: true }],
    ['[1]', { text: '[\n  1\n]', exitCode: undefined, isFailed: false }],
    ['{broken', { text: '{broken', exitCode: undefined, isFailed: false }],
  ])('is taken out of %s', (content, output) => {
    expect(toolOutputOf(content)).toEqual(output);
  });
});

describe('JSON that is nested too deep to be laid out', () => {
  const text = '['.repeat(5000) + ']'.repeat(5000);

  it('is shown as the text that it is', () => {
    expect(toolOutputOf(text).text).toBe(text);
    const [call] = toolCallsIn([{ function: { name: 'run', arguments: text } }]);
    expect(inputText(call?.input)).toBe(text);
  });
});

import { isRecord } from '../../../../src/text/json.js';
import type { ToolCall } from '../../../../src/text/tool-call.js';

/** A file change in a tool call. */
export type Edit =
  | { readonly kind: 'replacement'; readonly path: string; readonly before: string; readonly after: string }
  /** In `diff -u` format, or in a model's own patch format. */
  | { readonly kind: 'patch'; readonly patch: string };

/** Names of the parameters for the old and new text in editing tools. */
const REPLACEMENTS = [
  ['old_string', 'new_string'],
  ['old_str', 'new_str'],
  ['old_text', 'new_text'],
  ['search', 'replace'],
] as const;

const PATHS = ['path', 'file_path', 'filename', 'file'] as const;
const PATCHES = ['patch', 'diff'] as const;
const WHOLES = ['content', 'file_text', 'contents'] as const;

/** The file change in a call; undefined for other calls. */
export function editOf({ input }: Pick<ToolCall, 'input'>): Edit | undefined {
  if (!isRecord(input)) return undefined;
  const patch = textOf(input, PATCHES);
  if (patch !== undefined) return { kind: 'patch', patch };
  const path = textOf(input, PATHS);
  for (const [old, next] of REPLACEMENTS) {
    const before = input[old];
    const after = input[next];
    if (typeof before === 'string' && typeof after === 'string')
      return { kind: 'replacement', path: path ?? '', before, after };
  }
  const whole = textOf(input, WHOLES);
  if (path === undefined || whole === undefined) return undefined;
  return { kind: 'replacement', path, before: '', after: whole };
}

/** Whether a text is a diff in `diff -u` format. */
export function isPatch(text: string): boolean {
  return /^(?:diff --git |--- [^\n]*\n\+\+\+ |@@ -\d)/m.test(text);
}

function textOf(input: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return names.map((name) => input[name]).find((value) => typeof value === 'string');
}

import { structuredPatch } from 'diff';
import { LongText } from '../long-text.js';
import type { Edit } from './edit.js';

/** Time limit for comparing two texts, in milliseconds. */
const LIMIT = 300;

/** The meaning of a line's first character. */
const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' };

/** A change of a file as a diff. @param isWhole whether to show it completely, even if it is long. */
export function DiffView({
  edit,
  isWhole,
}: {
  readonly edit: Edit;
  readonly isWhole?: boolean;
}): React.JSX.Element {
  return (
    <LongText
      text={linesOf(edit).join('\n')}
      isWhole={isWhole}
      show={(shown) => (
        <pre className="diff" tabIndex={0} dir="ltr">
          {shown.split('\n').map((line, at) => (
            // The lines of a change never change their order.
            <span key={at} data-kind={isHead(line) ? 'place' : KINDS[line.charAt(0)]}>
              {line}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    />
  );
}

function isHead(line: string): boolean {
  return /^(?:\+\+\+|---|\*\*\*|diff|index) /.test(line);
}

function linesOf(edit: Edit): readonly string[] {
  if (edit.kind === 'patch') return edit.patch.replace(/\n$/, '').split('\n');
  const { path, before, after } = edit;
  const found = structuredPatch(path, path, before, after, undefined, undefined, {
    context: 3,
    timeout: LIMIT,
  });
  // If the comparison takes too long, everything is shown as removed and added.
  const hunks = found?.hunks.map(({ lines }) => lines) ?? [[...marked(before, '-'), ...marked(after, '+')]];
  return hunks.flatMap((lines, at) => (at === 0 ? lines : ['@@', ...lines]));
}

function marked(text: string, mark: string): readonly string[] {
  return text.split('\n').map((line) => mark + line);
}

import { structuredPatch } from 'diff';
import { LongText } from '../long-text.js';
import type { Edit } from './edit.js';

/** Milliseconds that two texts may be compared for. */
const LIMIT = 300;

/** What the first character of a line means. */
const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' };

/** A change of a file, line by line. @param isWhole whether all of it is shown, however long it is. */
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
            // Lines of one change never change their order.
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
  // What takes too long to compare is told as what went and what came.
  const hunks = found?.hunks.map(({ lines }) => lines) ?? [[...marked(before, '-'), ...marked(after, '+')]];
  return hunks.flatMap((lines, at) => (at === 0 ? lines : ['@@', ...lines]));
}

function marked(text: string, mark: string): readonly string[] {
  return text.split('\n').map((line) => mark + line);
}

import type { MessageResponse } from '@hermes-sessions/client';
import { texts } from '../language/language.js';
import { speakerOf } from '../language/speakers.js';
import { timeOf } from '../language/times.js';
import { CopyButton } from './code/copy-button.js';
import { Fold } from './fold.js';
import { useFold } from './folds.js';
import { Markdown } from './markdown.js';
import { MessageContent, textIn } from './message-content.js';
import { RunHead } from './tools/run-head.js';
import { StepLine } from './tools/step-line.js';
import type { Row, Run } from './transcript-rows.js';

/** The target message, and all previous targets; groups that contain one stay open. */
export interface Sought {
  readonly id: number | undefined;
  readonly all: ReadonlySet<number>;
}

/** How a transcript is shown. */
export interface Showing {
  readonly sought: Sought;
  readonly hasTools: boolean;
  /** The link to a message. */
  readonly linkOf: (message: number) => string;
}

/** The fold keys of a run, one per member, since the known part of a long run changes during scrolling. */
export function runKeys({ members }: Run): readonly string[] {
  return members.map((id) => `run ${id}`);
}

/** One message: text of people and agents is visible; tool calls and reasoning are folded. */
export function Message({
  row,
  showing,
}: {
  readonly row: Row;
  readonly showing: Showing;
}): React.JSX.Element {
  const { message, isWork } = row;
  const isSought =
    message.id === showing.sought.id || row.steps.some(({ result }) => result?.id === showing.sought.id);
  return (
    <article
      className={isWork ? 'message work' : 'message'}
      data-role={message.role}
      data-id={message.id}
      data-sought={isSought || undefined}
    >
      {isWork ? null : <Said message={message} showing={showing} />}
      {row.run === undefined ? (
        <Work row={row} showing={showing} />
      ) : (
        <WorkOfRun row={row} run={row.run} showing={showing} />
      )}
    </article>
  );
}

/** A message with invalid data, shown as the server sent it. */
export function UnreadableMessage({ message }: { readonly message: MessageResponse }): React.JSX.Element {
  return (
    <article className="message">
      <p className="quiet">{texts().reading.unreadable}</p>
      <pre tabIndex={0}>{JSON.stringify(message, null, 2)}</pre>
    </article>
  );
}

function Said({
  message,
  showing,
}: {
  readonly message: MessageResponse;
  readonly showing: Showing;
}): React.JSX.Element {
  const { id, role, content, timestamp, reasoning, summary, own_content: own } = message;
  const isSought = showing.sought.all.has(id);
  const isTalk = (role === 'user' || role === 'assistant') && summary === undefined;
  const show = (shown: MessageResponse['content']): React.JSX.Element => (
    <MessageContent content={shown} isMarkdown={role === 'assistant'} isWhole={isSought} />
  );
  return (
    <>
      <header>
        <h2>{summary === true ? texts().reading.contextSummary : speakerOf(role)}</h2>
        <span className="message-actions">
          <CopyButton text={() => textOf(content)} label={texts().reading.copyMessage} className="small" />
          <CopyButton
            text={() => showing.linkOf(id)}
            label={texts().reading.copyMessageLink}
            className="small"
          />
        </span>
        <time dateTime={timestamp ?? undefined}>{timeOf(timestamp)}</time>
      </header>
      {reasoning === undefined ? null : <Thought id={id} text={reasoning} />}
      {isTalk ? show(own ?? content) : null}
      {isTalk && own === undefined ? null : (
        <Fold
          id={`text ${id}`}
          isOpenBefore={isSought}
          summary={own === undefined ? texts().reading.text : texts().reading.withContextSummary}
        >
          {show(content)}
        </Fold>
      )}
    </>
  );
}

/** Tool calls and reasoning of a message that is not part of a run. */
function Work({ row, showing }: { readonly row: Row; readonly showing: Showing }): React.JSX.Element | null {
  if (!hasTools(row, showing)) return null;
  const { message, steps, isWork } = row;
  const { all } = showing.sought;
  return (
    <>
      {isWork && message.reasoning !== undefined ? (
        <Thought id={message.id} text={message.reasoning} />
      ) : null}
      {steps.map((step) => (
        <StepLine
          key={step.key}
          step={step}
          isSought={[step.caller, step.result].some((one) => one !== undefined && all.has(one.id))}
        />
      ))}
    </>
  );
}

/** Tool calls of one message of a run. The run's header is shown at its first message; the other messages appear when it is open. */
function WorkOfRun({
  row,
  run,
  showing,
}: {
  readonly row: Row;
  readonly run: Run;
  readonly showing: Showing;
}): React.JSX.Element | null {
  const [isOpen, setOpen] = useFold(runKeys(run), isSoughtIn(run, showing.sought));
  if (!hasTools(row, showing)) return null;
  return (
    <>
      {row.isFirst ? (
        <RunHead
          run={run}
          isOpen={isOpen}
          onToggle={() => {
            setOpen(!isOpen);
          }}
        />
      ) : null}
      {isOpen ? <Work row={row} showing={showing} /> : null}
    </>
  );
}

/** Whether a run contains a target message, and is therefore open. */
export function isSoughtIn({ members }: Run, { all }: Sought): boolean {
  return members.some((id) => all.has(id));
}

/** Whether a message's tool calls are shown: if tools are hidden, only those of target messages. */
export function hasTools({ message, steps, run }: Row, { hasTools: areShown, sought }: Showing): boolean {
  if (areShown) return true;
  if (run !== undefined) return isSoughtIn(run, sought);
  return (
    sought.all.has(message.id) ||
    steps.some(({ result }) => result !== undefined && sought.all.has(result.id))
  );
}

function Thought({ id, text }: { readonly id: number; readonly text: string }): React.JSX.Element {
  return (
    <Fold id={`thought ${id}`} summary={texts().reading.thought}>
      <Markdown text={text} />
    </Fold>
  );
}

function textOf(content: MessageResponse['content']): string {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return parts.flatMap((part) => textIn(part) ?? []).join('\n\n');
}

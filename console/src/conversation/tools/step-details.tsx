import { isRecord } from '../../../../src/text/json.js';
import { inputText, type ToolCall } from '../../../../src/text/tool-call.js';
import { toolOutputOf } from '../../../../src/text/tool-output.js';
import { CopyButton } from '../code/copy-button.js';
import { LongText } from '../long-text.js';
import { MessageContent, textIn } from '../message-content.js';
import type { Step } from '../transcript-rows.js';
import { texts } from '../../language/language.js';
import { DiffView } from './diff-view.js';
import { editOf, isPatch } from './edit.js';
import { TerminalText } from './terminal-text.js';

/** The input and output of a tool call. A separate module, loaded when the first call is expanded. */
export function StepDetails({
  step: { call, result },
  isWhole,
}: {
  readonly step: Step;
  /** Whether long texts are shown completely. */
  readonly isWhole: boolean;
}): React.JSX.Element {
  return (
    <div className="step-details">
      {call === undefined ? null : <Input call={call} isWhole={isWhole} />}
      {result === undefined ? null : <Output content={result.content} isWhole={isWhole} />}
    </div>
  );
}

function Input({ call, isWhole }: { readonly call: ToolCall; readonly isWhole: boolean }): React.JSX.Element {
  const edit = editOf(call);
  if (edit !== undefined)
    return (
      <Titled title={texts().reading.changes}>
        <DiffView edit={edit} isWhole={isWhole} />
      </Titled>
    );
  const text = soleTextOf(call.input) ?? inputText(call.input);
  return (
    <Titled title={texts().reading.arguments} text={text}>
      <LongText text={text} isWhole={isWhole} show={(shown) => <pre tabIndex={0}>{shown}</pre>} />
    </Titled>
  );
}

function Output({
  content,
  isWhole,
}: {
  readonly content: NonNullable<Step['result']>['content'];
  readonly isWhole: boolean;
}): React.JSX.Element {
  const text = content === null ? '' : textIn(content);
  if (text === undefined)
    return (
      <Titled title={texts().reading.output}>
        <MessageContent content={content} isMarkdown={false} isWhole={isWhole} />
      </Titled>
    );
  const said = toolOutputOf(text).text;
  if (said.trim() === '') return <p className="quiet">{texts().reading.noOutput}</p>;
  return (
    <Titled title={texts().reading.output} text={said}>
      <LongText
        text={said}
        isWhole={isWhole}
        show={(shown) =>
          isPatch(shown) ? (
            <DiffView edit={{ kind: 'patch', patch: shown }} isWhole />
          ) : (
            <TerminalText text={shown} />
          )
        }
      />
    </Titled>
  );
}

function Titled({
  title,
  text,
  children,
}: {
  readonly title: string;
  /** The text for the copy button. */
  readonly text?: string;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  return (
    <>
      <div className="code-head">
        <span>{title}</span>
        {text === undefined ? null : (
          <CopyButton text={() => text} label={texts().reading.copy} className="small" />
        )}
      </div>
      {children}
    </>
  );
}

/** The input if it consists of a single text, such as a command. */
function soleTextOf(input: unknown): string | undefined {
  if (!isRecord(input)) return undefined;
  const [sole, ...others] = Object.values(input);
  return others.length === 0 && typeof sole === 'string' ? sole : undefined;
}

import type { MessageResponse } from '@hermes-sessions/client';
import { memo } from 'react';
import { timeOf } from '../words.js';
import { MessageContent } from './message-content.js';
import { Markdown } from './markdown.js';

/** What the roles are called. */
const ROLES: Readonly<Record<string, string>> = {
  user: 'You',
  assistant: 'Hermes',
  tool: 'Tool',
  system: 'System',
};

/** One message: what people and agents say stands open, what tools did and what was thought is folded. */
export const Message = memo(function Message({
  message,
  isSought,
}: {
  readonly message: MessageResponse;
  readonly isSought: boolean;
}): React.JSX.Element {
  const { role, content, timestamp, tool_name: tool, tool_calls: calls, reasoning } = message;
  const isFolded = role !== 'user' && role !== 'assistant';
  const body = <MessageContent content={content} />;
  return (
    <article className="message" data-role={role} data-sought={isSought || undefined}>
      <header>
        <strong>{ROLES[role] ?? role}</strong>
        {tool === undefined ? null : <code>{tool}</code>}
        <time dateTime={timestamp ?? undefined}>{timeOf(timestamp)}</time>
      </header>
      {reasoning === undefined ? null : (
        <details className="fold">
          <summary>Thought</summary>
          <Markdown text={reasoning} />
        </details>
      )}
      {isFolded ? (
        <details className="fold" open={isSought || undefined}>
          <summary>{role === 'tool' ? `Output${tool === undefined ? '' : ` of ${tool}`}` : 'Text'}</summary>
          {body}
        </details>
      ) : (
        body
      )}
      {calls === undefined ? null : <ToolCalls calls={calls} />}
    </article>
  );
});

/** A message of which something is not as it should be, as the server tells it. */
export function UnreadableMessage({ message }: { readonly message: MessageResponse }): React.JSX.Element {
  return (
    <article className="message">
      <p className="quiet">This message cannot be shown as it should. What is known of it:</p>
      <pre>{JSON.stringify(message, null, 2)}</pre>
    </article>
  );
}

function ToolCalls({ calls }: { readonly calls: unknown }): React.JSX.Element {
  const list = Array.isArray(calls) ? (calls as readonly unknown[]) : [calls];
  return (
    <>
      {list.map((call, at) => (
        // Calls of one message never change their order.
        <details key={at} className="fold">
          <summary>
            Calls <code>{nameOf(call)}</code>
          </summary>
          <pre>{JSON.stringify(call, null, 2)}</pre>
        </details>
      ))}
    </>
  );
}

function nameOf(call: unknown): string {
  if (typeof call !== 'object' || call === null) return 'a tool';
  const { name, function: inner } = call as { readonly name?: unknown; readonly function?: unknown };
  if (typeof name === 'string') return name;
  return typeof inner === 'object' && inner !== null ? nameOf(inner) : 'a tool';
}

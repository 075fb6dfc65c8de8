import type { MessageResponse } from '../sessions/dto/message.response.js';
import type { SessionDetailResponse } from '../sessions/dto/session-detail.response.js';

/** Longer text is shown as it is, since working out what its Markdown means would take too long; in UTF-16 units. */
export const LONGEST_RENDERED = 32 * 1024;

const ROLES: Readonly<Record<string, string>> = {
  user: 'User',
  assistant: 'Assistant',
  system: 'System',
};

/** Who says a message; a tool by its name. */
export function roleName({ role, tool_name: tool }: Pick<MessageResponse, 'role' | 'tool_name'>): string {
  if (role === 'tool') return tool === undefined ? 'Tool' : `Tool ${tool}`;
  return ROLES[role] ?? role;
}

/** A time for people: `2026-05-01 14:30:12 UTC`. */
export function readableTime(instant: string | null): string | null {
  return instant === null ? null : `${instant.slice(0, 19).replace('T', ' ')} UTC`;
}

/** What a page says of a session above its messages; what is not known is left out. */
export function factsOf(session: SessionDetailResponse): readonly (readonly [name: string, value: string])[] {
  const facts = [
    ['Session', session.id],
    ['Platform', session.platform],
    ['Model', session.model],
    ['Started', readableTime(session.started_at)],
    ['Last active', readableTime(session.last_active_at)],
  ] as const;
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** What a session is called: its title, else how it begins. */
export function titleOf({ title, preview, id }: SessionDetailResponse): string {
  return title ?? (preview || id);
}

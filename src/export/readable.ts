import type { MessageResponse } from '../sessions/dto/message.response.js';

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

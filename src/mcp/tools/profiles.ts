import { z } from 'zod';
import { READ_ONLY, type HistoryTool } from '../tool.js';

const INPUT = z.object({});

const OUTPUT = z.object({
  profiles: z.array(
    z.object({
      name: z.string(),
      origin: z.string().nullable().describe('Host, if the histories of several hosts are served.'),
      status: z.string().describe('ready, building or unavailable.'),
      reason: z.string().nullable().describe('Why it is not ready.'),
      conversations: z.number().int().nullable(),
    }),
  ),
});

/** Lists the profiles whose histories are served together. */
export const listProfiles: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'list_profiles',
  title: 'List profiles',
  description:
    'Lists the Hermes profiles served here, with the number of conversations in each. Only needed to search one of several profiles.',
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: INPUT,
  output: OUTPUT,

  async run(_input, { caller, services }) {
    const { data } = await services.profiles.list(caller);
    const profiles = data.map(({ name, origin, status, reason, conversations }) => ({
      name,
      origin,
      status,
      reason,
      conversations,
    }));
    return { structure: { profiles }, text: profiles.map(toLine).join('\n') };
  },
};

function toLine({
  name,
  origin,
  status,
  reason,
  conversations,
}: z.input<typeof OUTPUT>['profiles'][number]): string {
  const host = origin === null ? '' : ` on ${origin}`;
  const state =
    status === 'ready' ? `${conversations ?? 'unknown'} conversations` : `${status}: ${reason ?? ''}`;
  return `- ${name}${host}: ${state}`;
}

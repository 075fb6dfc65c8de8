import { z } from 'zod';
import { epochSeconds } from '../../domain/instant.js';
import { checked } from '../../http/validation.js';
import { beginningOf } from '../../sessions/day-calendar.js';
import { SessionStatisticsQuery } from '../../statistics/session-statistics.query.js';
import type { SessionStatisticsResponse } from '../../statistics/session-statistics.response.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { READ_ONLY, type HistoryTool } from '../tool.js';
import { callText, FILTERS } from './fields.js';

/** Maximum number of models and days in an answer: more would fill the context with data that nobody asked for. */
const MOST_MODELS = 20;
const MOST_DAYS = 31;

const INPUT = z.object({
  ...FILTERS,
  platform: z.array(z.string()).min(1).optional(),
  profile: z.array(z.string()).min(1).optional(),
  origin: z.array(z.string()).min(1).optional(),
  time_zone: z.string().optional().describe('IANA time zone for counting by day; default: UTC.'),
});

const COUNTS = {
  sessions: z.number().int(),
  conversations: z.number().int(),
  messages: z.number().int(),
  input_tokens: z.number().nullable(),
  output_tokens: z.number().nullable(),
  cost_usd: z.number().nullable().describe('US dollars; estimated if the actual cost is unknown.'),
};

const OUTPUT = z.object({
  notice: z.string(),
  total: z.object(COUNTS),
  by_platform: z.array(z.object({ platform: z.string(), ...COUNTS })),
  by_model: z.array(z.object({ model: z.string().nullable(), ...COUNTS })),
  by_day: z
    .array(z.object({ day: z.string(), ...COUNTS }))
    .describe('Days on which sessions started, newest last.'),
  left_out: z.object({ models: z.number().int(), days: z.number().int() }),
  warnings: z.array(z.string()).describe('Why results may be missing.'),
});

type Structure = z.input<typeof OUTPUT>;
type Counts = Structure['total'];

/** Counts conversations, tokens and cost. */
export const historyStatistics: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'history_statistics',
  title: 'Count conversations, tokens and cost',
  description: `Counts conversations, messages, tokens and cost: in total, and by platform, model and day. Includes archived conversations. Returns the ${MOST_MODELS} most used models and the most recent ${MOST_DAYS} days; narrow since and until for others.`,
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: INPUT,
  output: OUTPUT,

  async run(input, { caller, services }) {
    const query = await checked(SessionStatisticsQuery, input);
    const statistics = await services.statistics.get(query, caller, epochSeconds());
    const structure = toStructure(statistics);
    return { structure, text: toText(structure, input) };
  },
};

function toStructure(statistics: SessionStatisticsResponse): Structure {
  const {
    by_platform: platforms,
    by_model: models,
    by_day: days,
    unavailable_profiles: gone = [],
  } = statistics;
  return {
    notice: RECORDED,
    total: toCounts(statistics),
    by_platform: platforms.map((tally) => ({ platform: tally.platform, ...toCounts(tally) })),
    by_model: models.slice(0, MOST_MODELS).map((tally) => ({ model: tally.model, ...toCounts(tally) })),
    by_day: days.slice(-MOST_DAYS).map((tally) => ({ day: tally.day, ...toCounts(tally) })),
    left_out: {
      models: Math.max(0, models.length - MOST_MODELS),
      days: Math.max(0, days.length - MOST_DAYS),
    },
    warnings: gone.length === 0 ? [] : [`These profiles are currently unavailable: ${gone.join(', ')}.`],
  };
}

type Tally = Pick<
  SessionStatisticsResponse,
  'sessions' | 'conversations' | 'messages' | 'usage' | 'cost_usd'
>;

function toCounts({ sessions, conversations, messages, usage, cost_usd: cost }: Tally): Counts {
  return {
    sessions,
    conversations,
    messages,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cost_usd: cost,
  };
}

function toText(structure: Structure, input: z.output<typeof INPUT>): string {
  const {
    total,
    by_platform: platforms,
    by_model: models,
    by_day: days,
    left_out: leftOut,
    warnings,
  } = structure;
  const [oldest] = days;
  const lines = [
    'By platform:',
    ...platforms.map((tally) => `- ${tally.platform}: ${countsText(tally)}`),
    'By model:',
    ...models.map((tally) => `- ${tally.model ?? 'unknown'}: ${countsText(tally)}`),
    'By day:',
    ...days.map((tally) => `- ${tally.day}: ${countsText(tally)}`),
  ];
  return [
    `Total: ${countsText(total)}.`,
    new Quotation().around(lines.join('\n')),
    ...(leftOut.models === 0 ? [] : [`${leftOut.models} less used models omitted.`]),
    ...(leftOut.days === 0 || oldest === undefined
      ? []
      : [
          `${leftOut.days} earlier days omitted; for those: ${callText('history_statistics', { ...input, until: beginningOf(oldest.day, input.time_zone ?? 'UTC') })}`,
        ]),
    ...warnings,
  ].join('\n');
}

function countsText(counts: Counts): string {
  const cost = counts.cost_usd === null ? '' : `, ${counts.cost_usd.toFixed(2)} US dollars`;
  return `${counts.conversations} conversations, ${counts.messages} messages, ${tokens(counts)} tokens${cost}`;
}

function tokens({ input_tokens: input, output_tokens: output }: Counts): string {
  return input === null && output === null ? 'unknown' : String((input ?? 0) + (output ?? 0));
}

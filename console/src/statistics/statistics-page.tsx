import type { SessionStatisticsResponse } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import { show } from '../view/use-view.js';
import { counted } from '../words.js';
import { PrunePanel } from './prune-panel.js';
import { Bars } from './bars.js';

/** Days that the chart shows. */
const DAYS = 60;

/** What there is: days, platforms, models, tokens and cost, the largest; and what could go. */
export default function StatisticsPage(): React.JSX.Element {
  const history = useHistory();
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { data, error, refetch, isLoading } = useQuery({
    queryKey: ['statistics', timeZone],
    queryFn: ({ signal }) => history.statistics({ time_zone: timeZone }, { signal }),
  });
  return (
    <main className="statistics">
      {isLoading ? <p className="hint">Counting…</p> : null}
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined ? null : <Figures statistics={data} />}
      <PrunePanel />
    </main>
  );
}

function Figures({ statistics }: { readonly statistics: SessionStatisticsResponse }): React.JSX.Element {
  const { usage, by_day: days, by_platform: platforms, by_model: models, largest } = statistics;
  const cost = usage.actual_cost_usd ?? usage.estimated_cost_usd;
  return (
    <>
      <section className="figures" aria-label="In all">
        <Figure name="conversations" value={statistics.conversations.toLocaleString()} />
        <Figure name="sessions" value={statistics.sessions.toLocaleString()} />
        <Figure name="messages" value={statistics.messages.toLocaleString()} />
        <Figure name="open now" value={statistics.open_sessions.toLocaleString()} />
        <Figure
          name="tokens in and out"
          value={((usage.input_tokens ?? 0) + (usage.output_tokens ?? 0)).toLocaleString()}
        />
        <Figure name="cost" value={cost === null ? 'unknown' : `$${cost.toFixed(2)}`} />
      </section>
      <Bars
        title={`Conversations begun, the last ${DAYS} days with any`}
        rows={days.slice(-DAYS).map(({ day, conversations }) => ({ name: day, value: conversations }))}
      />
      <Bars
        title="Messages by platform"
        rows={platforms.map(({ platform, messages }) => ({
          name: platform,
          value: messages,
          onOpen: () => {
            show({ page: 'history', platform });
          },
        }))}
      />
      <Bars
        title="Messages by model"
        rows={models.map(({ model, messages }) => ({ name: model ?? 'unknown', value: messages }))}
      />
      <section aria-labelledby="largest">
        <h2 id="largest">Largest conversations</h2>
        <ol className="largest">
          {largest.map(({ id, profile, origin, title, platform, messages }) => (
            <li key={`${origin ?? ''} ${profile} ${id}`}>
              <button
                type="button"
                className="link"
                dir="auto"
                onClick={() => {
                  show({
                    page: 'history',
                    session: id,
                    sessionProfile: profile,
                    sessionOrigin: origin ?? '',
                  });
                }}
              >
                {title ?? id}
              </button>{' '}
              <span className="quiet">
                {platform}, {counted(messages, 'message')}
              </span>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): React.JSX.Element {
  return (
    <div className="figure">
      <strong>{value}</strong>
      <span>{name}</span>
    </div>
  );
}

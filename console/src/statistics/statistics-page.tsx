import type { SessionStatisticsResponse } from '@hermes-sessions/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { instantOf } from '../list/list-query.js';
import { Problem } from '../problem.js';
import { openConversation } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { formats, texts } from '../language/language.js';
import { ChartSection } from './chart-section.js';
import { dollars, tokensOf } from './measures.js';
import { openCounted } from './open-counted.js';
import { dayBefore, Range } from './range.js';
import { TallyTable } from './tally-table.js';

/** Refresh interval in milliseconds: counting a large history takes seconds. */
const AGAIN = 60_000;

/** The statistics: days, platforms, models, tokens and cost, and the largest conversations. */
export function StatisticsPage({ view }: { readonly view: View }): React.JSX.Element {
  const { from, to } = view;
  const history = useHistory();
  const timeZone = timeZoneHere();
  const { data, error, refetch, isLoading } = useQuery({
    queryKey: ['statistics', timeZone, from, to],
    queryFn: ({ signal }) =>
      history.statistics(
        {
          time_zone: timeZone,
          ...(from === '' ? {} : { since: instantOf(from) }),
          ...(to === '' ? {} : { until: instantOf(to, 1) }),
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
    staleTime: AGAIN,
    refetchInterval: AGAIN,
  });
  return (
    <main className="statistics">
      <h2 className="hidden">{texts().pages.statistics}</h2>
      <Range view={view} />
      {isLoading ? <p className="hint">{texts().statistics.counting}</p> : null}
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined ? null : <Figures statistics={data} view={view} />}
    </main>
  );
}

/** The day after the last counted one, as the exclusive end of a list; empty without a last day. */
function dayAfter(last: string): string {
  return last === '' ? '' : dayBefore(-1, new Date(`${last}T00:00`));
}

/** The browser's time zone if the server accepts it; `EST5EDT` or `Etc/Unknown` do not name a place. */
function timeZoneHere(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone.includes('/') && timeZone !== 'Etc/Unknown' ? timeZone : 'UTC';
}

function Figures({
  statistics,
  view,
}: {
  readonly statistics: SessionStatisticsResponse;
  readonly view: View;
}): React.JSX.Element {
  const { by_day: days, by_platform: platforms, by_model: models, largest } = statistics;
  const [cost, tokens] = [statistics.cost_usd, tokensOf(statistics)];
  const said = texts().statistics;
  const { figures } = said;
  return (
    <>
      <section className="figures" aria-label={said.inAll}>
        <Figure name={figures.conversations} value={formats().number(statistics.conversations)} />
        <Figure name={figures.sessions} value={formats().number(statistics.sessions)} />
        <Figure name={figures.messages} value={formats().number(statistics.messages)} />
        <Figure name={figures.active} value={formats().number(statistics.active_sessions)} />
        <Figure name={figures.tokens} value={tokens === null ? said.unknown : formats().number(tokens)} />
        <Figure name={figures.cost} value={cost === null ? said.unknown : dollars(cost)} />
      </section>
      <ChartSection days={days} timeZone={statistics.time_zone} view={view} />
      <TallyTable
        title={said.platforms}
        of={said.platform}
        tallies={platforms.map((tally) => ({
          ...tally,
          name: tally.platform,
          onOpen: () => {
            openCounted({ platform: tally.platform, since: view.from, until: dayAfter(view.to) });
          },
        }))}
      />
      <TallyTable
        title={said.models}
        of={said.model}
        tallies={models.map((tally) => ({ ...tally, name: tally.model ?? said.unknown }))}
      />
      <section aria-labelledby="largest">
        <h2 id="largest">{said.largest}</h2>
        <ol className="largest">
          {largest.map(({ id, profile, origin, title, platform, messages }) => (
            <li key={`${origin ?? ''} ${profile} ${id}`}>
              <button
                type="button"
                className="link"
                dir="auto"
                onClick={() => {
                  openConversation({ id, profile, origin });
                }}
              >
                {title ?? id}
              </button>{' '}
              <span className="quiet">{said.facts(platform, messages)}</span>
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

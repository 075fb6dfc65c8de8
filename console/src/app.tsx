import { HermesSessionsError, type HermesSessions } from '@hermes-sessions/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { connect, Connection, keepKey, keptKey } from './api/connection.js';
import { useLiveUpdates } from './api/live.js';
import { ConversationPane } from './conversation/conversation-pane.js';
import { HistoryPane } from './list/history-pane.js';
import { Help, useHelp } from './help.js';
import { SignIn } from './sign-in.js';
import { show, useView } from './view/use-view.js';

const StatisticsPage = lazy(() => import('./statistics/statistics-page.js'));

/** The console: a sign-in, and behind it the history. */
export function App(): React.JSX.Element {
  const [key, setKey] = useState(keptKey);
  const history = useMemo(() => (key === undefined ? undefined : connect(key)), [key]);
  const queries = useMemo(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            // The stream of events says when something is another than before.
            staleTime: Infinity,
            retry: (failures, error) =>
              error instanceof HermesSessionsError && error.isTransient && failures < 3,
          },
        },
      }),
    // Whoever signs in anew sees nothing of what somebody else was shown.
    [key],
  );
  const signIn = (next: string | undefined): void => {
    keepKey(next);
    setKey(next);
  };
  if (history === undefined) return <SignIn onKey={signIn} />;
  return (
    <QueryClientProvider client={queries}>
      <Connection value={history}>
        <Shell
          history={history}
          onSignOut={() => {
            signIn(undefined);
          }}
        />
      </Connection>
    </QueryClientProvider>
  );
}

function Shell({
  history,
  onSignOut,
}: {
  readonly history: HermesSessions;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  const view = useView();
  const isLive = useLiveUpdates(history);
  const help = useHelp();
  return (
    <div className="shell" data-open={view.session !== '' && view.page === 'history'}>
      <header className="bar">
        <h1>Hermes history</h1>
        <nav aria-label="Pages">
          {(['history', 'statistics'] as const).map((page) => (
            <button
              key={page}
              type="button"
              aria-current={view.page === page ? 'page' : undefined}
              onClick={() => {
                show({ page });
              }}
            >
              {page === 'history' ? 'History' : 'Statistics'}
            </button>
          ))}
        </nav>
        <span className="live" role="status" data-live={isLive}>
          {isLive ? 'live' : 'reconnecting…'}
        </span>
        <button type="button" onClick={help.open} aria-label="Keyboard shortcuts">
          ?
        </button>
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      </header>
      {view.page === 'statistics' ? (
        <Suspense fallback={<p className="hint">Loading…</p>}>
          <StatisticsPage />
        </Suspense>
      ) : (
        <main className="panes">
          <HistoryPane view={view} onSignOut={onSignOut} />
          {view.session === '' ? (
            <section className="conversation" aria-label="Conversation">
              <p className="hint">Choose a conversation, or press / to search.</p>
            </section>
          ) : (
            <ConversationPane
              key={`${view.session} ${view.sessionProfile} ${view.sessionOrigin}`}
              view={view}
            />
          )}
        </main>
      )}
      <Help isOpen={help.isOpen} onClose={help.close} />
    </div>
  );
}

import { HermesSessionsError, type HermesSessions } from '@hermes-sessions/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { announce } from './actions/notice.js';
import { Snackbar } from './actions/snackbar.js';
import { connect, Connection } from './api/connection.js';
import { usePermissions } from './api/permissions.js';
import { useLiveUpdates } from './api/live.js';
import { ConversationPane } from './conversation/conversation-pane.js';
import { Divider, useListWidth } from './list/divider.js';
import { HistoryPane } from './list/history-pane.js';
import { forgetLooks } from './list/looks.js';
import { Help, useHelp } from './help.js';
import { keepAccess, keptAccess, type Access } from './sign-in/access.js';
import { SignIn } from './sign-in/sign-in.js';
import { PAGE_NAMES } from './view/view.js';
import { show, useView } from './view/use-view.js';
import { LIST, PAGES } from './words.js';

const CleanUpPage = lazy(() => import('./clean-up/clean-up-page.js'));
const StatisticsPage = lazy(() => import('./statistics/statistics-page.js'));

/** The console: a sign-in, and behind it the history. */
export function App({
  problem,
}: {
  /** Why a sign-in that was begun did not succeed. */
  readonly problem: string | undefined;
}): React.JSX.Element {
  const [access, setAccess] = useState(keptAccess);
  // Whoever signs in anew sees nothing of what somebody else was shown.
  const session = useMemo(
    () => (access === undefined ? undefined : { history: connect(access), queries: newQueries() }),
    [access],
  );
  const signIn = (next: Access | undefined): void => {
    keepAccess(next);
    setAccess(next);
    if (next === undefined) forgetLooks();
    announce();
  };
  if (session === undefined) return <SignIn problem={problem} onAccess={signIn} />;
  return (
    <QueryClientProvider client={session.queries}>
      <Connection value={session.history}>
        <Shell
          history={session.history}
          onSignOut={() => {
            signIn(undefined);
          }}
        />
      </Connection>
    </QueryClientProvider>
  );
}

/** Holds what the server answered, until an event says that it is another by now. */
function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        retry: (failures, error) => error instanceof HermesSessionsError && error.isTransient && failures < 3,
      },
    },
  });
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
  const { canArchive, canDelete } = usePermissions();
  const canCleanUp = canArchive || canDelete;
  const [width, setWidth] = useListWidth();
  return (
    <div className="shell" data-open={view.session !== '' && view.page === 'history'}>
      <header className="bar">
        <h1>Hermes history</h1>
        <nav aria-label="Pages">
          {PAGE_NAMES.filter((page) => page !== 'clean-up' || canCleanUp).map((page) => (
            <button
              key={page}
              type="button"
              aria-current={view.page === page ? 'page' : undefined}
              onClick={() => {
                show({ page });
              }}
            >
              {PAGES[page]}
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
      {view.page !== 'history' ? (
        <Suspense fallback={<p className="hint">{LIST.loading}</p>}>
          {view.page === 'statistics' ? <StatisticsPage /> : <CleanUpPage />}
        </Suspense>
      ) : (
        <main className="panes" style={{ '--list-width': `${width}px` } as React.CSSProperties}>
          <HistoryPane view={view} onSignOut={onSignOut} />
          <Divider width={width} onWidth={setWidth} />
          {view.session === '' ? (
            <section className="conversation" aria-label="Conversation">
              <p className="hint">Choose a conversation, or search for one.</p>
            </section>
          ) : (
            <ConversationPane
              key={`${view.session} ${view.sessionProfile} ${view.sessionOrigin}`}
              view={view}
            />
          )}
        </main>
      )}
      <Snackbar />
      <Help isOpen={help.isOpen} onClose={help.close} />
    </div>
  );
}

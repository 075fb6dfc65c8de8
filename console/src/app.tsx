import { HermesSessionsError } from '@hermes-sessions/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useEffectEvent, useMemo, useState } from 'react';
import { announce } from './actions/notice.js';
import { Snackbar } from './actions/snackbar.js';
import { connect, Connection, type Connected } from './api/connection.js';
import { usePermissions } from './api/permissions.js';
import { useLiveUpdates } from './api/live.js';
import { Divider, useListWidth } from './list/divider.js';
import { HistoryPane } from './list/history-pane.js';
import { forgetLooks } from './list/looks.js';
import { Help, useHelp } from './help.js';
import { keepAccess, keptAccess, type Access } from './sign-in/access.js';
import { allCommands } from './palette/commands.js';
import { Palette } from './palette/palette.js';
import { ServerBanner } from './sign-in/server-banner.js';
import { SignIn } from './sign-in/sign-in.js';
import { PAGE_NAMES } from './view/view.js';
import { show, useView } from './view/use-view.js';
import { APP, LIST, PAGES, SIGN_IN } from './words.js';

const CleanUpPage = lazy(() => import('./clean-up/clean-up-page.js'));
const ConversationPane = lazy(async () => ({
  default: (await import('./conversation/conversation-pane.js')).ConversationPane,
}));
const StatisticsPage = lazy(() => import('./statistics/statistics-page.js'));

/** The console: a sign-in, and behind it the history. */
export function App({
  problem,
}: {
  /** Why a sign-in that was begun did not succeed. */
  readonly problem: string | undefined;
}): React.JSX.Element {
  const [access, setAccess] = useState(keptAccess);
  const [queries] = useState(newQueries);
  const connected = useMemo(() => (access === undefined ? undefined : connect(access)), [access]);
  const signIn = (next: Access | undefined): void => {
    keepAccess(next);
    setAccess(next);
    if (next === undefined) {
      forgetLooks();
      queries.clear();
    }
    announce();
  };
  if (connected === undefined) return <SignIn problem={problem} onAccess={signIn} />;
  return (
    <QueryClientProvider client={queries}>
      <Connection value={connected.history}>
        <Shell
          connected={connected}
          onAccess={signIn}
          onStranger={() => {
            signIn(undefined);
          }}
          onSignOut={() => {
            void leave(access, connected).then((isOut) => {
              if (isOut) signIn(undefined);
              else announce({ text: SIGN_IN.notOut });
            });
          }}
        />
      </Connection>
    </QueryClientProvider>
  );
}

/** Signs out. @returns whether nobody is signed in here any more. */
async function leave(access: Access | undefined, { history }: Connected): Promise<boolean> {
  if (access?.kind !== 'cookie') return true;
  try {
    await history.signOut();
    return true;
  } catch (error) {
    return error instanceof HermesSessionsError && error.status === 401;
  }
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
  connected,
  onAccess,
  onStranger,
  onSignOut,
}: {
  readonly connected: Connected;
  readonly onAccess: (access: Access) => void;
  /** Is told that what was kept of an earlier sign-in lets nobody in. */
  readonly onStranger: () => void;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  const view = useView();
  const { reach, isHeard } = useLiveUpdates(connected);
  const stranger = useEffectEvent(onStranger);
  useEffect(() => {
    if (reach === 'stranger') stranger();
  }, [reach]);
  const help = useHelp();
  const { canArchive, canDelete } = usePermissions();
  const canCleanUp = canArchive || canDelete;
  const [width, setWidth] = useListWidth();
  return (
    <div className="shell" data-open={view.session !== '' && view.page === 'history'}>
      <header className="bar">
        <h1>{APP.title}</h1>
        <nav aria-label={APP.pages}>
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
        {reach === 'there' ? (
          <span className="live" role="status" data-live={isHeard}>
            {isHeard ? APP.live : APP.connecting}
          </span>
        ) : null}
        <button type="button" className="keys-button" onClick={help.open} aria-label={APP.keys}>
          ?
        </button>
        <button type="button" onClick={onSignOut}>
          {APP.signOut}
        </button>
      </header>
      <ServerBanner reach={reach} watch={connected.watch} onAccess={onAccess} />
      {view.page !== 'history' ? (
        <Suspense fallback={<p className="hint">{LIST.loading}</p>}>
          {view.page === 'statistics' ? <StatisticsPage view={view} /> : <CleanUpPage />}
        </Suspense>
      ) : (
        <main className="panes" style={{ '--list-width': `${width}px` } as React.CSSProperties}>
          <HistoryPane view={view} />
          <Divider width={width} onWidth={setWidth} />
          {view.session === '' ? (
            <section className="conversation" aria-label={APP.conversation}>
              <p className="hint">{APP.choose}</p>
            </section>
          ) : (
            <Suspense fallback={<p className="hint">{LIST.loading}</p>}>
              <ConversationPane
                key={`${view.session} ${view.sessionProfile} ${view.sessionOrigin}`}
                view={view}
              />
            </Suspense>
          )}
        </main>
      )}
      <Snackbar />
      <Palette commands={allCommands({ canCleanUp, onHelp: help.open, onSignOut })} />
      <Help isOpen={help.isOpen} onClose={help.close} />
    </div>
  );
}

import { HermesSessionsError } from '@hermes-sessions/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useEffectEvent, useMemo, useState } from 'react';
import { announce } from './actions/notice.js';
import { Snackbar } from './actions/snackbar.js';
import { connect, Connection, type Connected } from './api/connection.js';
import { Bar } from './bar.js';
import { usePermissions } from './api/permissions.js';
import { useLiveUpdates } from './api/live.js';
import { Divider, useListWidth } from './list/divider.js';
import { HistoryPane } from './list/history-pane.js';
import { forgetLooks } from './list/looks.js';
import { Help, useHelp } from './help.js';
import { texts, useLanguage } from './language/language.js';
import { keepAccess, keptAccess, type Access } from './sign-in/access.js';
import { allCommands } from './palette/commands.js';
import { Palette } from './palette/palette.js';
import { ServerBanner } from './sign-in/server-banner.js';
import { SignIn } from './sign-in/sign-in.js';
import { useView } from './view/use-view.js';
import { PAGE_NAMES } from './view/view.js';

const CleanUpPage = lazy(() => import('./clean-up/clean-up-page.js'));
const ConversationPane = lazy(async () => ({
  default: (await import('./conversation/conversation-pane.js')).ConversationPane,
}));
const TrashPage = lazy(() => import('./trash/trash-page.js'));
const StatisticsPage = lazy(() => import('./statistics/statistics-page.js'));

/** The console: a sign-in, and behind it the history. */
export function App({
  problem,
}: {
  /** Why a sign-in that was begun did not succeed. */
  readonly problem: string | undefined;
}): React.JSX.Element {
  const language = useLanguage();
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
          key={language.id}
          connected={connected}
          onAccess={signIn}
          onStranger={() => {
            signIn(undefined);
          }}
          onSignOut={() => {
            void leave(access, connected).then((isOut) => {
              if (isOut) signIn(undefined);
              else announce({ text: texts().signIn.notOut });
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
  const { canArchive, canDelete, keepsDeleted } = usePermissions();
  const pages = PAGE_NAMES.filter(
    (page) => (page !== 'clean-up' || canArchive || canDelete) && (page !== 'trash' || keepsDeleted),
  );
  const [width, setWidth] = useListWidth();
  return (
    <div className="shell" data-open={view.session !== '' && view.page === 'history'}>
      <Bar
        page={view.page}
        pages={pages}
        isHeard={reach === 'there' ? isHeard : undefined}
        onHelp={help.open}
        onSignOut={onSignOut}
      />
      <ServerBanner reach={reach} watch={connected.watch} onAccess={onAccess} />
      {view.page !== 'history' ? (
        <Suspense fallback={<p className="hint">{texts().list.loading}</p>}>
          {view.page === 'statistics' ? (
            <StatisticsPage view={view} />
          ) : view.page === 'trash' ? (
            <TrashPage />
          ) : (
            <CleanUpPage />
          )}
        </Suspense>
      ) : (
        <main className="panes" style={{ '--list-width': `${width}px` } as React.CSSProperties}>
          <HistoryPane view={view} />
          <Divider width={width} onWidth={setWidth} />
          {view.session === '' ? (
            <section className="conversation" aria-label={texts().reading.conversation}>
              <p className="hint">{texts().app.choose}</p>
            </section>
          ) : (
            <Suspense fallback={<p className="hint">{texts().list.loading}</p>}>
              <ConversationPane
                key={`${view.session} ${view.sessionProfile} ${view.sessionOrigin}`}
                view={view}
              />
            </Suspense>
          )}
        </main>
      )}
      <Snackbar />
      <Palette commands={allCommands({ pages, onHelp: help.open, onSignOut })} />
      <Help isOpen={help.isOpen} onClose={help.close} />
    </div>
  );
}

import { HermesSessionsError } from '@hermes-sessions/client';
import { QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import { announce } from './actions/notice.js';
import { Snackbar } from './actions/snackbar.js';
import { forgetDrafts } from './actions/title.js';
import { connect, Connection, type Connected } from './api/connection.js';
import { Bar } from './bar.js';
import { usePermissions } from './api/permissions.js';
import { useLiveUpdates } from './api/live.js';
import { Divider, useListWidth } from './list/divider.js';
import { HistoryPane } from './list/history-pane.js';
import { forgetLooks } from './list/looks.js';
import { Help, useHelp } from './help.js';
import { texts, useLanguage } from './language/language.js';
import { forgetSignIn, keepAccess, keptAccess, onSignInElsewhere, type Access } from './sign-in/access.js';
import { allCommands } from './palette/commands.js';
import { part } from './part.js';
import { Palette } from './palette/palette.js';
import { readAhead, readConversationAhead } from './read-ahead.js';
import { ServerBanner } from './sign-in/server-banner.js';
import { SignIn } from './sign-in/sign-in.js';
import { useView } from './view/use-view.js';
import { PAGE_NAMES, readView, type View } from './view/view.js';

const CleanUp = part(async () => (await import('./clean-up/clean-up-page.js')).CleanUpPage);
const Conversation = part(async () => (await import('./conversation/conversation-pane.js')).ConversationPane);
const Trash = part(async () => (await import('./trash/trash-page.js')).TrashPage);
const Statistics = part(async () => (await import('./statistics/statistics-page.js')).StatisticsPage);

/** The console: a sign-in page, or the history. */
export function App({
  problem,
}: {
  /** Why a previous sign-in attempt failed. */
  readonly problem: string | undefined;
}): React.JSX.Element {
  const language = useLanguage();
  const [queries] = useState(newQueries);
  const [visit, setVisit] = useState(() => visitWith(keptAccess(), queries));
  const signIn = (next: Access | undefined): void => {
    keepAccess(next);
    if (next === undefined) {
      forgetLooks();
      forgetDrafts();
      queries.clear();
    }
    setVisit(visitWith(next, queries));
    announce();
  };
  const follow = useEffectEvent((isSignedIn: boolean) => {
    // A sign-in by key or token of this tab is independent of the cookie.
    if (visit !== undefined && visit.access.kind !== 'cookie') return;
    if (isSignedIn) setVisit(visitWith({ kind: 'cookie' }, queries));
    else if (visit !== undefined) signIn(undefined);
  });
  useEffect(() => onSignInElsewhere(follow), []);
  if (visit === undefined) return <SignIn problem={problem} onAccess={signIn} />;
  const { connected } = visit;
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
            void leave(visit).then((isOut) => {
              if (isOut) signIn(undefined);
              else announce({ text: texts().signIn.notOut });
            });
          }}
        />
      </Connection>
    </QueryClientProvider>
  );
}

/** A signed-in session of the page. */
interface Visit {
  readonly access: Access;
  readonly connected: Connected;
}

/** Connects to the server, immediately requests what the address shows, and then preloads the components for conversations. */
function visitWith(access: Access | undefined, queries: QueryClient): Visit | undefined {
  if (access === undefined) return undefined;
  const connected = connect(access);
  void readAhead(queries, connected.history, readView(location.search)).then(() => {
    // Browsers without `requestIdleCallback` load it when it is needed.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(Conversation.loadAhead);
  });
  return { access, connected };
}

/** Signs out. @returns whether it succeeded. */
async function leave({ access, connected: { history } }: Visit): Promise<boolean> {
  if (access.kind !== 'cookie') return true;
  try {
    await history.signOut();
  } catch (error) {
    if (!(error instanceof HermesSessionsError && error.status === 401)) return false;
  }
  forgetSignIn();
  return true;
}

/** The query cache. Data stays fresh until an event says otherwise. */
function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // A local server is reachable even without a network.
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
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
  /** Called when a stored sign-in is not accepted any more. */
  readonly onStranger: () => void;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  const view = useView();
  useConversationAhead(connected, view);
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
  const loading = <p className="hint">{texts().list.loading}</p>;
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
        <OtherPage view={view} fallback={loading} />
      ) : (
        <main className="panes" style={{ '--list-width': `${width}px` } as React.CSSProperties}>
          <HistoryPane view={view} />
          <Divider width={width} onWidth={setWidth} />
          {view.session === '' ? (
            <section className="conversation" aria-label={texts().reading.conversation}>
              <p className="hint">{texts().app.choose}</p>
            </section>
          ) : (
            <Conversation.Shown
              key={`${view.session} ${view.sessionProfile} ${view.sessionOrigin}`}
              view={view}
              fallback={loading}
            />
          )}
        </main>
      )}
      <Snackbar />
      <Palette commands={allCommands({ pages, onHelp: help.open, onSignOut })} />
      <Help isOpen={help.isOpen} onClose={help.close} />
    </div>
  );
}

/** A page other than the history. */
function OtherPage({
  view,
  fallback,
}: {
  readonly view: View;
  readonly fallback: React.JSX.Element;
}): React.JSX.Element {
  switch (view.page) {
    case 'statistics':
      return <Statistics.Shown view={view} fallback={fallback} />;
    case 'trash':
      return <Trash.Shown fallback={fallback} />;
    default:
      return <CleanUp.Shown fallback={fallback} />;
  }
}

/** Requests a conversation as soon as it is opened. */
function useConversationAhead({ history }: Connected, view: View): void {
  const queries = useQueryClient();
  const { session, sessionProfile, sessionOrigin, message } = view;
  useEffect(() => {
    void readConversationAhead(queries, history, { session, sessionProfile, sessionOrigin, message });
  }, [queries, history, session, sessionProfile, sessionOrigin, message]);
}

import { HermesSessionsError } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { ConversationHeader } from '../actions/conversation-header.js';
import { openAddress } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { Problem } from '../problem.js';
import type { View } from '../view/view.js';
import { conversationQuery } from './conversation-query.js';
import { FindBar } from './find/find-bar.js';
import { useFind } from './find/use-find.js';
import type { Hits } from './find/use-hits.js';
import { linkTo } from './link.js';
import { MessageList } from './message-list.js';
import { useHead } from './use-head.js';
import { useTabTitle } from './use-tab-title.js';
import { useToolsShown } from './use-tools-shown.js';
import { texts } from '../language/language.js';
import './conversation.css';

/** The open conversation. */
export function ConversationPane({ view }: { readonly view: View }): React.JSX.Element {
  const history = useHistory();
  const { session: id, sessionProfile, sessionOrigin } = view;
  const address = useMemo(
    () => openAddress({ sessionProfile, sessionOrigin }),
    [sessionProfile, sessionOrigin],
  );
  const transcript = useMemo(() => ({ history, id, address }), [history, id, address]);
  const { data, error, isLoading, refetch } = useQuery(conversationQuery(history, id, address));
  useTabTitle(data === undefined ? undefined : (data.title ?? data.preview));
  const find = useFind(transcript, view);
  const [areToolsShown, showTools] = useToolsShown();
  const { reading } = texts();
  const turnTools = (): void => {
    showTools(!areToolsShown);
  };
  useOfferedCommands([
    { name: reading.find, run: find.open },
    { name: areToolsShown ? reading.hideTools : reading.showTools, run: turnTools },
  ]);
  const scroller = useRef<HTMLDivElement>(null);
  const headPlace = useRef<HTMLDivElement>(null);
  const head = useHead(headPlace, scroller);
  // A deleted conversation is not shown from the cache, and a retry would not help.
  if (isGone(error))
    return (
      <section className="conversation" aria-label={texts().reading.conversation}>
        <Problem error={error} />
      </section>
    );
  return (
    <section
      className="conversation"
      aria-label={texts().reading.conversation}
      data-compact={head.isCompact || undefined}
    >
      {data === undefined ? null : (
        <div ref={headPlace} className="conversation-head">
          <ConversationHeader session={data} />
          <div className="reading">
            <button
              type="button"
              className="more"
              aria-expanded={!head.isCompact}
              aria-label={texts().reading.more}
              onClick={head.toggle}
            >
              ⋯
            </button>
            <button type="button" onClick={find.open}>
              {texts().reading.find}
            </button>
            <button type="button" aria-pressed={!areToolsShown} onClick={turnTools}>
              {texts().reading.hideTools}
            </button>
          </div>
        </div>
      )}
      {find.isOpen ? (
        <FindBar
          {...{ text: find.text, hits: find.hits, place: find.place, isAskedFor: find.isAskedFor }}
          onText={find.type}
          onStep={find.step}
          onClose={find.close}
        />
      ) : null}
      {[error, find.error].map((problem, at) =>
        problem === null ? null : <Problem key={at} error={problem} onRetry={() => void refetch()} />,
      )}
      {isLoading ? <p className="hint">{texts().reading.loading}</p> : null}
      {data === undefined ? null : (
        <MessageList
          {...{ scroller, transcript, message: view.message, words: find.words, areToolsShown }}
          hits={find.isOpen ? placesOf(find.hits) : NO_PLACES}
          isSearched={find.isOpen && (find.hits === undefined || find.place >= 0)}
          linkOf={(message) => linkTo(data, message)}
          onScroll={head.onScroll}
        />
      )}
    </section>
  );
}

const NO_PLACES: readonly number[] = [];

function placesOf(hits: Hits | undefined): readonly number[] {
  return hits?.messages.flatMap(({ position }) => position ?? []) ?? NO_PLACES;
}

function isGone(error: Error | null): boolean {
  return error instanceof HermesSessionsError && error.code === 'session_not_found';
}

import { texts } from './language/language.js';
import { LanguageChoice } from './language/language-choice.js';
import { show } from './view/use-view.js';
import type { View } from './view/view.js';

/** The page's header: navigation, connection state, and rarely used actions, which are behind a button on phones. */
export function Bar({
  page,
  pages,
  isHeard,
  onHelp,
  onSignOut,
}: {
  readonly page: View['page'];
  /** The pages available to the signed-in user. */
  readonly pages: readonly View['page'][];
  /** Whether events are being received; undefined if the server is unreachable. */
  readonly isHeard: boolean | undefined;
  readonly onHelp: () => void;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  const { app, pages: names } = texts();
  return (
    <header className="bar">
      <h1>{app.title}</h1>
      <nav aria-label={app.pages}>
        {pages.map((name) => (
          <button
            key={name}
            type="button"
            aria-current={page === name ? 'page' : undefined}
            onClick={() => {
              show({ page: name });
            }}
          >
            {names[name]}
          </button>
        ))}
      </nav>
      {isHeard === undefined ? null : (
        <span className="live" role="status" data-live={isHeard}>
          {isHeard ? app.live : app.connecting}
        </span>
      )}
      <button type="button" className="bar-menu" popoverTarget="more" aria-label={app.menu}>
        ☰
      </button>
      <div id="more" className="bar-more" popover="auto">
        <LanguageChoice />
        <button type="button" className="keys-button" onClick={onHelp} aria-label={app.keys}>
          ?
        </button>
        <button type="button" onClick={onSignOut}>
          {app.signOut}
        </button>
      </div>
    </header>
  );
}

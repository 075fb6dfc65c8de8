import { useEffect } from 'react';
import { texts } from '../language/language.js';
import { announce, useNotice } from './notice.js';

/** How long a notice is shown, in milliseconds. */
const SHOWN = 12_000;

/** Shows the current notice at the edge of the page, with a button to undo the action. */
export function Snackbar(): React.JSX.Element {
  const notice = useNotice();
  useEffect(() => {
    if (notice === undefined) return;
    const timer = setTimeout(announce, SHOWN);
    return () => {
      clearTimeout(timer);
    };
  }, [notice]);
  return (
    <div className="snackbar" role="status" aria-label={texts().actions.done} hidden={notice === undefined}>
      {notice === undefined ? null : (
        <>
          <span>{notice.text}</span>
          {notice.onUndo === undefined ? null : (
            <button
              type="button"
              onClick={() => {
                announce();
                notice.onUndo?.();
              }}
            >
              {texts().actions.undo}
            </button>
          )}
          <button
            type="button"
            aria-label={texts().actions.dismiss}
            onClick={() => {
              announce();
            }}
          >
            ×
          </button>
        </>
      )}
    </div>
  );
}

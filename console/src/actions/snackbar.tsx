import { useEffect } from 'react';
import { texts } from '../language/language.js';
import { announce, useNotice } from './notice.js';

/** Milliseconds that it is seen. */
const SHOWN = 12_000;

/** Says at the edge of the page what was done, and takes it back. */
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

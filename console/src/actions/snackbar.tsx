import { useEffect } from 'react';
import { ACTIONS } from '../words.js';
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
    <div className="snackbar" role="status" aria-label={ACTIONS.done} hidden={notice === undefined}>
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
              {ACTIONS.undo}
            </button>
          )}
          <button
            type="button"
            aria-label={ACTIONS.dismiss}
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

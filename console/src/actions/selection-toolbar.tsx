import { useEffect } from 'react';
import { Problem } from '../problem.js';
import { texts } from '../language/language.js';
import type { Action } from './change-all.js';
import { setChoosing } from './choosing.js';

/** The actions on a selection, and their results. */
export function SelectionToolbar({
  children,
  offered,
  isBusy,
  onAction,
  onExport,
  isExporting,
  onDelete,
  onCancel,
  errors,
  refusals,
}: {
  /** The selection, and the progress of a change. */
  readonly children: React.ReactNode;
  readonly offered: readonly Action[];
  readonly isBusy: boolean;
  readonly onAction: (action: Action) => void;
  /** undefined if there is nothing to export or delete. */
  readonly onExport?: () => void;
  readonly isExporting: boolean;
  readonly onDelete?: () => void;
  readonly onCancel: () => void;
  readonly errors: readonly (Error | null)[];
  /** Why some were not changed. */
  readonly refusals: readonly string[];
}): React.JSX.Element {
  useEffect(() => {
    setChoosing(true);
    return () => {
      setChoosing(false);
    };
  }, []);
  return (
    <div className="selection" role="toolbar" aria-label={texts().actions.selected}>
      {children}
      <span className="selection-actions">
        {offered.map((action) => (
          <button
            key={action}
            type="button"
            disabled={isBusy}
            onClick={() => {
              onAction(action);
            }}
          >
            {texts().actions.names[action]}
          </button>
        ))}
        {onExport === undefined ? null : (
          <button type="button" disabled={isBusy} onClick={onExport}>
            {isExporting ? texts().actions.exporting : texts().actions.export}
          </button>
        )}
        {onDelete === undefined ? null : (
          <button type="button" className="danger" disabled={isBusy} onClick={onDelete}>
            {texts().actions.ask(texts().actions.names.delete)}
          </button>
        )}
        <button type="button" disabled={isBusy} onClick={onCancel}>
          {texts().actions.cancel}
        </button>
      </span>
      {errors.map((error, at) => (error === null ? null : <Problem key={at} error={error} />))}
      {refusals.length === 0 ? null : (
        <p role="alert" className="problem">
          {texts().actions.refused(refusals.length)} {refusals[0]}
        </p>
      )}
    </div>
  );
}

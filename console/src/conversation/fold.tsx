import { useFold } from './folds.js';

/** Shows a line, and all of it where that is wanted. */
export function Fold({
  id,
  isOpenBefore = false,
  summary,
  className = 'fold',
  children,
}: {
  /** Tells it from all others of the conversation. */
  readonly id: string;
  /** Whether it is open as long as nobody touched it. */
  readonly isOpenBefore?: boolean;
  readonly summary: React.ReactNode;
  readonly className?: string;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const [isOpen, setOpen] = useFold([id], isOpenBefore);
  return (
    <details
      className={className}
      open={isOpen}
      onToggle={(event) => {
        if (event.currentTarget.open !== isOpen) setOpen(event.currentTarget.open);
      }}
    >
      <summary>{summary}</summary>
      {isOpen ? children : null}
    </details>
  );
}

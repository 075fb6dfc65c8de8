import { useFold } from './folds.js';

/** A summary line that expands to its content. */
export function Fold({
  id,
  isOpenBefore = false,
  summary,
  className = 'fold',
  children,
}: {
  /** Identifies it within the conversation. */
  readonly id: string;
  /** Whether it is initially open. */
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

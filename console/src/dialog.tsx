import { useEffect, useId, useRef } from 'react';

/** Stands over the page until it is answered; `Esc` closes it. */
export function Dialog({
  isOpen,
  title,
  onClose,
  children,
}: {
  readonly isOpen: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={() => {
        // Where nothing had the focus before, a browser leaves it for a moment on a button that is not seen any more.
        if (dialog.current?.contains(document.activeElement) === true)
          (document.activeElement as HTMLElement).blur();
        onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

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
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) {
      dialog.current?.close();
      return;
    }
    dialog.current?.showModal();
    // A browser goes to the first button: what is longer than the window would be shown from its end.
    if ((dialog.current?.scrollTop ?? 0) > 0) heading.current?.focus();
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
      <h2 ref={heading} id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

import { useEffect, useId, useRef } from 'react';

/** A modal dialog; `Esc` closes it. */
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
    // Browsers focus the first button: a dialog higher than the window would be scrolled to its end.
    if ((dialog.current?.scrollTop ?? 0) > 0) heading.current?.focus();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={() => {
        // If nothing had the focus before, browsers leave it briefly on a hidden button of the dialog.
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

import { useEffect, useState, type ComponentType, type ReactNode } from 'react';

/** A lazily loaded part of the page. */
export interface Part<P extends object> {
  /** Renders the part, or `fallback` while it is loading. */
  readonly Shown: ComponentType<P & { readonly fallback: ReactNode }>;
  /** Preloads it. After a failure, rendering tries again. */
  readonly loadAhead: () => void;
}

/** A part of the page in its own module. React's `lazy` shows a fallback for at least 300 ms; this one shows the loaded part at once. */
export function part<P extends object>(load: () => Promise<ComponentType<P>>): Part<P> {
  let content: ComponentType<P> | undefined;
  let loading: Promise<ComponentType<P>> | undefined;
  const start = (): Promise<ComponentType<P>> => {
    loading ??= load().then(
      (loaded) => (content = loaded),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  function Shown({ fallback, ...props }: P & { readonly fallback: ReactNode }): ReactNode {
    const [arrival, setArrival] = useState<{ readonly error?: unknown }>();
    useEffect(() => {
      // Also renders a part that was loaded between rendering and this effect.
      start().then(
        () => {
          setArrival({});
        },
        (error: unknown) => {
          setArrival({ error });
        },
      );
    }, []);
    if (arrival !== undefined && 'error' in arrival) throw arrival.error;
    const Content = content;
    return Content === undefined ? fallback : <Content {...(props as unknown as P)} />;
  }
  return {
    Shown,
    loadAhead: () => {
      start().catch(() => undefined);
    },
  };
}

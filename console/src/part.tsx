import { useEffect, useState, type ComponentType, type ReactNode } from 'react';

/** A part of the page that is loaded when it is wanted. */
export interface Part<P extends object> {
  /** The part, or what stands in its place until it is loaded. */
  readonly Shown: ComponentType<P & { readonly fallback: ReactNode }>;
  /** Loads it before it is shown. What fails then is tried again when it is. */
  readonly loadAhead: () => void;
}

/**
 * A part of the page in a module of its own. React's `lazy` lets nobody see what was waited for until something in its place was seen for
 * 300 ms: this shows it at once.
 */
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
      // What came between drawing and this was not drawn.
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

import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  /** What is shown instead where `children` cannot be shown. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
}

/** Keeps what cannot be shown from taking everything around it along. React has this for classes alone. */
export class Boundary extends Component<BoundaryProps, { readonly hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}

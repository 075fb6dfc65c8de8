import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  /** Shown instead if `children` fail to render. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
}

/** An error boundary, which confines rendering errors. React supports it only as a class. */
export class Boundary extends Component<BoundaryProps, { readonly hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}

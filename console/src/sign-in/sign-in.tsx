import { texts } from '../language/language.js';
import { LanguageChoice } from '../language/language-choice.js';
import type { Access } from './access.js';
import { KeyForm } from './key-form.js';

/** The sign-in page. */
export function SignIn({
  problem,
  onAccess,
}: {
  /** The error of an earlier attempt. */
  readonly problem: string | undefined;
  readonly onAccess: (access: Access) => void;
}): React.JSX.Element {
  return (
    <main className="sign-in">
      <KeyForm problem={problem} onAccess={onAccess}>
        <h1>{texts().app.title}</h1>
      </KeyForm>
      <LanguageChoice />
    </main>
  );
}

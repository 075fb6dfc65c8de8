import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { common, createLowlight } from 'lowlight';
import { Fragment, memo } from 'react';
import { jsx, jsxs } from 'react/jsx-runtime';

const languages = createLowlight(common);

/** Highlighted code. A separate module, since it includes the grammars. */
export default memo(function ColouredCode({
  text,
  language,
}: {
  readonly text: string;
  readonly language: string;
}): React.JSX.Element {
  if (!languages.registered(language)) return <code>{text}</code>;
  return <code>{toJsxRuntime(languages.highlight(language, text), { Fragment, jsx, jsxs })}</code>;
});

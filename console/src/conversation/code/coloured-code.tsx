import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { common, createLowlight } from 'lowlight';
import { Fragment, memo } from 'react';
import { jsx, jsxs } from 'react/jsx-runtime';

const languages = createLowlight(common);

/** Code in the colours of its language; a module of its own, since it brings the grammars along. */
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

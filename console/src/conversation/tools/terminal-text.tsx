import Anser from 'anser';

/** Escape sequences for window titles and links. */
const COMMANDS = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** A text as a terminal shows it: with colours, and for overwritten lines only the last version. */
export function TerminalText({ text }: { readonly text: string }): React.JSX.Element {
  const pieces = Anser.ansiToJson(overwritten(text.replace(COMMANDS, '')), {
    json: true,
    remove_empty: true,
  });
  return (
    <pre className="terminal" tabIndex={0} dir="ltr">
      {pieces.map(({ content, fg, decorations }, at) => (
        // The pieces of a text never change their order.
        <span key={at} style={colourOf(fg)} className={decorations.join(' ') || undefined}>
          {content}
        </span>
      ))}
    </pre>
  );
}

/** Terminal colours assume a certain background, so they are darkened or lightened for ours. @param colour `187, 0, 0`. */
function colourOf(colour: string | null): React.CSSProperties | undefined {
  if (!colour) return undefined;
  const mixed = (share: number, other: string): string =>
    `color-mix(in oklab, rgb(${colour}) ${share}%, ${other})`;
  return { color: `light-dark(${mixed(70, 'black')}, ${mixed(55, 'white')})` };
}

function overwritten(text: string): string {
  if (!text.includes('\r')) return text;
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.replace(/\r$/, '').split('\r').at(-1) ?? '')
    .join('\n');
}

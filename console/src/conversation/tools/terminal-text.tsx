import Anser from 'anser';

/** Titles and links that programs send to terminals. */
const COMMANDS = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** A text as a terminal shows it: in its colours, and of a line that was written over the last of it. */
export function TerminalText({ text }: { readonly text: string }): React.JSX.Element {
  const pieces = Anser.ansiToJson(overwritten(text.replace(COMMANDS, '')), {
    json: true,
    remove_empty: true,
  });
  return (
    <pre className="terminal" tabIndex={0} dir="ltr">
      {pieces.map(({ content, fg, decorations }, at) => (
        // Pieces of one text never change their order.
        <span key={at} style={colourOf(fg)} className={decorations.join(' ') || undefined}>
          {content}
        </span>
      ))}
    </pre>
  );
}

/** Colours of terminals are made for one background: on ours they are made darker or lighter. @param colour `187, 0, 0`. */
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

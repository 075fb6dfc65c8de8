import { formats, texts } from '../language/language.js';
import type { PlatformTallyResponse } from '@hermes-sessions/client';
import { dollars, tokensOf } from './measures.js';

/** The totals of one name. */
export interface NamedTally extends Pick<
  PlatformTallyResponse,
  'conversations' | 'messages' | 'usage' | 'cost_usd'
> {
  readonly name: string;
  readonly onOpen?: () => void;
}

/** Totals by platform or model, most messages first, with a bar for the messages. */
export function TallyTable({
  title,
  of,
  tallies,
}: {
  readonly title: string;
  /** The header of the name column. */
  readonly of: string;
  readonly tallies: readonly NamedTally[];
}): React.JSX.Element {
  const { measures } = texts().statistics;
  const rows = tallies.toSorted((one, other) => other.messages - one.messages);
  const most = Math.max(1, ...rows.map(({ messages }) => messages));
  return (
    <section>
      <h2>{title}</h2>
      <div className="table-place" role="region" aria-label={title} tabIndex={0}>
        <table className="tallies">
          <thead>
            <tr>
              <th scope="col">{of}</th>
              <th scope="col">{measures.conversations}</th>
              <td className="bar-place" />
              <th scope="col">{measures.messages}</th>
              <th scope="col">{measures.tokens}</th>
              <th scope="col">{measures.cost}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">
                  {row.onOpen === undefined ? (
                    row.name
                  ) : (
                    <button type="button" className="link" onClick={row.onOpen}>
                      {row.name}
                    </button>
                  )}
                </th>
                <td>{formats().number(row.conversations)}</td>
                <td className="bar-place">
                  <span className="bar-of" style={{ width: `${(100 * row.messages) / most}%` }} />
                </td>
                <td>{formats().number(row.messages)}</td>
                <td>{textOf(tokensOf(row), formats().number)}</td>
                <td>{textOf(row.cost_usd, dollars)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function textOf(value: number | null, write: (value: number) => string): string {
  return value === null ? '–' : write(value);
}

/** A line of a chart. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly onOpen?: () => void;
}

/** Bars beside their names and numbers: a table to who cannot see them. */
export function Bars({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly Bar[];
}): React.JSX.Element {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? <p className="quiet">Nothing to count yet.</p> : null}
      <table className="bars">
        <tbody>
          {rows.map(({ name, value, onOpen }) => (
            <tr key={name}>
              <th scope="row">
                {onOpen === undefined ? (
                  name
                ) : (
                  <button type="button" className="link" onClick={onOpen}>
                    {name}
                  </button>
                )}
              </th>
              <td>
                <span className="bar-of" style={{ width: `${(100 * value) / most}%` }} />
              </td>
              <td className="bar-value">{value.toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

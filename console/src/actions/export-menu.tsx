import type { SessionAddress, SessionDetailResponse } from '@hermes-sessions/client';
import { fileNameOf } from '../../../src/text/file-name.js';
import { useHistory } from '../api/connection.js';
import { texts } from '../language/language.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { Problem } from '../problem.js';
import { save } from './save.js';
import { useAction } from './use-action.js';

/** The server's export formats with their file extensions. */
const FORMATS = [
  ['markdown', 'md'],
  ['html', 'html'],
  ['json', 'json'],
  ['jsonl', 'jsonl'],
] as const;

/** Exports the conversation as a file. */
export function ExportMenu({
  session,
  address,
}: {
  readonly session: SessionDetailResponse;
  readonly address: SessionAddress;
}): React.JSX.Element {
  const history = useHistory();
  const take = useAction({
    mutationFn: async ([format, extension]: (typeof FORMATS)[number]) => {
      const stream = await history.export(session.id, { ...address, format, lineage: true });
      save(await new Response(stream).blob(), `${fileNameOf(session.id, session.title)}.${extension}`);
    },
  });
  const { actions } = texts();
  useOfferedCommands(
    FORMATS.map((format) => ({
      name: `${actions.export}: ${actions.formats[format[0]]}`,
      run: () => {
        take.mutate(format);
      },
    })),
  );
  return (
    <label className="export">
      <span className="hidden">{actions.export}</span>
      <select
        value=""
        disabled={take.isPending}
        onChange={(event) => {
          const chosen = FORMATS.find(([format]) => format === event.target.value);
          if (chosen !== undefined) take.mutate(chosen);
        }}
      >
        <option value="">{take.isPending ? actions.exporting : actions.exportAs}</option>
        {FORMATS.map(([format]) => (
          <option key={format} value={format}>
            {actions.formats[format]}
          </option>
        ))}
      </select>
      {take.error === null ? null : <Problem error={take.error} />}
    </label>
  );
}

import type { SessionAddress, SessionDetailResponse } from '@hermes-sessions/client';
import { useMutation } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import { save } from './save.js';

const FORMATS = [
  ['markdown', 'Markdown', 'md'],
  ['html', 'Web page', 'html'],
  ['json', 'JSON', 'json'],
  ['jsonl', 'JSON Lines', 'jsonl'],
] as const;

/** Takes the conversation out as a file. */
export function ExportMenu({
  session,
  address,
}: {
  readonly session: SessionDetailResponse;
  readonly address: SessionAddress;
}): React.JSX.Element {
  const history = useHistory();
  const take = useMutation({
    mutationFn: async ([format, , extension]: (typeof FORMATS)[number]) => {
      const stream = await history.export(session.id, { ...address, format, lineage: true });
      save(await new Response(stream).blob(), `${session.id}.${extension}`);
    },
  });
  return (
    <label className="export">
      <span className="hidden">Export</span>
      <select
        value=""
        disabled={take.isPending}
        onChange={(event) => {
          const chosen = FORMATS.find(([format]) => format === event.target.value);
          if (chosen !== undefined) take.mutate(chosen);
        }}
      >
        <option value="">{take.isPending ? 'Exporting…' : 'Export…'}</option>
        {FORMATS.map(([format, name]) => (
          <option key={format} value={format}>
            {name}
          </option>
        ))}
      </select>
      {take.error === null ? null : <Problem error={take.error} />}
    </label>
  );
}

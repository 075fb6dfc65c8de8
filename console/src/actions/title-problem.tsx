import { HermesSessionsError } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { texts } from '../language/language.js';
import { Problem } from '../problem.js';
import { openConversation } from '../view/use-view.js';

/** Explains why a title was refused, with a link to the conversation that already has it. */
export function TitleProblem({
  error,
  title,
}: {
  readonly error: Error;
  readonly title: string;
}): React.JSX.Element {
  const history = useHistory();
  const isInUse = error instanceof HermesSessionsError && error.code === 'title_in_use';
  const { data } = useQuery({
    queryKey: ['list', 'title', title],
    queryFn: ({ signal }) => history.list({ title, archived: 'any', limit: 1 }, { signal }),
    enabled: isInUse,
  });
  const other = data?.data[0];
  if (!isInUse || other === undefined) return <Problem error={error} />;
  return (
    <p role="alert" className="problem">
      {texts().problems.title_in_use}{' '}
      <button
        type="button"
        className="link"
        onClick={() => {
          openConversation(other);
        }}
      >
        {other.title}
      </button>
    </p>
  );
}

import { HermesSessions, type SessionResponse } from '@hermes-sessions/client';
import { changeAll } from '../../console/src/actions/change-all.js';
import { restoring } from '../../console/src/actions/take-back.js';

/** A server that says what it was asked for, as `METHOD last two parts of the path`. @param answers statuses, 200 where there are none. */
function serverThatAnswers(answers: number[] = []): {
  readonly history: HermesSessions;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const history = new HermesSessions({
    baseUrl: 'http://localhost',
    fetch: ({ method, url }) => {
      const path = new URL(url).pathname.split('/').slice(-2);
      asked.push(`${method} ${path.join('/')}`);
      const status = answers.shift() ?? 200;
      const error = { message: `Status ${status}`, type: 'server_error', param: null, code: 'unknown' };
      const body = status === 200 ? { trash_id: `trash-${path.at(-1) ?? ''}`, data: [] } : { error };
      return Promise.resolve(Response.json(body, { status }));
    },
  });
  return { history, asked };
}

function session(id: string, startedAt: string | null): SessionResponse {
  return { id, started_at: startedAt, profile: 'default', origin: null, chain_length: 1 } as SessionResponse;
}

describe('many that are moved to the trash', () => {
  it('go the youngest first, and come back the oldest first', async () => {
    const { history, asked } = serverThatAnswers();
    const sessions = [
      session('branch', '2026-02-01T00:00:00.000Z'),
      session('unknown', null),
      session('root', '2026-01-01T00:00:00.000Z'),
      session('twig', '2026-03-01T00:00:00.000Z'),
    ];
    const { trashIds } = await changeAll(history, 'delete', sessions, { isKept: true });
    expect(trashIds).toEqual(['trash-twig', 'trash-branch', 'trash-root', 'trash-unknown']);
    asked.splice(0);
    await restoring(history, trashIds)();
    expect(asked).toEqual(['unknown', 'root', 'branch', 'twig'].map((id) => `POST trash-${id}/restore`));
  });
});

describe('what is put back', () => {
  it('goes on where it was broken off, and takes for done what is not there when it is asked for again', async () => {
    const { history, asked } = serverThatAnswers([200, 502, 404, 409, 200]);
    const takeBack = restoring(history, ['d', 'c', 'b', 'a']);
    await expect(takeBack()).rejects.toMatchObject({ status: 502 });
    expect(await takeBack()).toEqual(['Status 409']);
    expect(asked).toEqual(['a', 'b', 'b', 'c', 'd'].map((id) => `POST ${id}/restore`));
  });

  it('says of what is not in the trash that it is not', async () => {
    const { history } = serverThatAnswers([404]);
    expect(await restoring(history, ['a'])()).toEqual(['Status 404']);
  });
});

describe('a change of many', () => {
  it('says what it was broken off for, so that it can be asked for again', async () => {
    const { history } = serverThatAnswers([200, 503]);
    const many = Array.from({ length: 150 }, (_, at) => session(`s${at}`, null));
    const { changed, brokeOff } = await changeAll(history, 'unarchive', many);
    expect([changed.length, brokeOff]).toMatchObject([100, { status: 503 }]);
  });
});

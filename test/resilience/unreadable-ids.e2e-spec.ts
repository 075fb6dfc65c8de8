import { dirname } from 'node:path';
import { examineHistory } from '../../src/stores/hermes/doctor.js';
import { smallHistory } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { addOddRows, UNREADABLE_ROWS } from '../support/odd-rows.js';

describe('sessions whose ids are no text', () => {
  it('are named by doctor', async () => {
    const stateDb = smallHistory(25);
    const examination = { stateDb, tokenizer: undefined, hermesHome: dirname(stateDb), deep: false };
    const named = async (): Promise<readonly string[]> =>
      (await examineHistory(examination)).flatMap(({ level, text }) =>
        level === 'warning' && text.includes('not served') ? [text] : [],
      );
    expect(await named()).toEqual([]);
    addOddRows(stateDb);
    const [finding, ...more] = await named();
    expect(more).toEqual([]);
    expect(finding).toMatch(new RegExp(`^${UNREADABLE_ROWS} sessions are not served`));
    expect(finding).toContain('rowid 9007199254740992');
  });

  it('are told in the log, once', async () => {
    const stateDb = smallHistory(25);
    addOddRows(stateDb);
    const { server, log } = await serverWithLog({ STATE_DB: stateDb });
    await server.json('/v1/sessions');
    await server.patch('/v1/sessions/plain', { title: 'Something happens' });
    await server.json('/v1/sessions');
    const told = log.filter(({ msg }) => String(msg).includes('not served'));
    expect(told).toMatchObject([{ level: 'warn', msg: expect.stringContaining(`${UNREADABLE_ROWS}`) }]);
    await server.close();
  });
});

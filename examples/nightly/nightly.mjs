// Archives conversations that nobody touched for a while and deletes those that are older still, each time with the plan in the log
// before anything happens. It only says what it would do, unless it is told --yes.
// From cron: 15 3 * * * URL=… KEY=… node examples/nightly/nightly.mjs --yes
import { HermesSessions } from '@hermes-sessions/client';

const { URL: baseUrl = 'http://127.0.0.1:8643', KEY: key } = process.env;
const { ARCHIVE_AFTER = '30d', DELETE_AFTER = '26w' } = process.env;

const isMeant = process.argv.includes('--yes');

const history = new HermesSessions({ baseUrl, key });
const log = (fields) => console.log(JSON.stringify({ time: new Date().toISOString(), ...fields }));

/** Logs the plan and then carries it out. A run ends after 20 seconds and reports what remains, so there can be several. */
async function prune(selection) {
  for (let left = Infinity; left > 0;) {
    const { plan, ...planned } = await history.prune({ ...selection, dry_run: true });
    log({
      step: 'plan',
      ...selection,
      conversations: planned.count,
      messages: planned.messages,
      first: planned.conversations,
    });
    if (planned.count === 0 || plan === null || !isMeant) return;
    const done = await history.prune({ ...selection, dry_run: false, plan });
    log({ step: 'done', action: selection.action, conversations: done.count, failed: done.failed });
    // Whoever reads the mails of cron hears of it.
    if (done.failed.length > 0) process.exitCode = 1;
    left = done.count === 0 ? 0 : done.remaining;
  }
}

await prune({ action: 'archive', archived: false, older_than: ARCHIVE_AFTER });
await prune({ action: 'delete', archived: true, older_than: DELETE_AFTER });

import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsolePage } from '../support/console-page.js';
import { CliProcess } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder } from '../support/server.js';
import { startWithSettings } from '../support/starts.js';

describe('what is released', () => {
  const folder = temporaryFolder();

  beforeAll(() => {
    buildConsolePage();
    cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    mkdirSync(join(folder, 'node_modules'));
    for (const name of Object.keys(dependencies))
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  });

  it('starts where nothing is installed but what it names, and checks requests with all rules', async () => {
    const demo = new CliProcess(
      ['demo', '--port', '0'],
      { TMPDIR: folder },
      { program: join(folder, 'dist/cli.js') },
    );
    const [, url = '', key = ''] = await demo.printed(/export URL=(\S+) KEY=(\S+)/);
    const statusOf = async (path: string): Promise<number> =>
      (await fetch(url + path, { headers: { Authorization: `Bearer ${key}` } })).status;
    // Lists of names, as their rules take them over from those of another request.
    expect(await statusOf('/v1/sessions/stats?platform=cli,telegram')).toBe(200);
    expect(await statusOf('/v1/sessions/stats?since=soon')).toBe(400);
    expect(await statusOf('/v1/sessions/20260516_185535_f9a54e/export?format=html')).toBe(200);
    expect(await statusOf('/v1/sessions?search=kubernetes')).toBe(200);
    for (const path of ['/docs/', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css', '/console/'])
      expect([path, await statusOf(path)]).toEqual([path, 200]);
    demo.kill('SIGTERM');
    expect((await demo.ended).code).toBe(0);
  });

  it('starts there with each setting that changes what it loads', async () => {
    await startWithSettings(join(folder, 'dist/cli.js'));
  });
});

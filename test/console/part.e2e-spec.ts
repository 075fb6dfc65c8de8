// What runs in the page is written here as well.
/// <reference lib="dom" />

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BrowserPage, browserForAll, describeInBrowser } from '../support/browser.js';
import { ROOT } from '../support/root.js';

/** Draws a part whose module comes once it has been drawn without it, and before anything else happens in the page. */
const DRAWN = `
  import { createElement, useLayoutEffect } from 'react';
  import { createRoot } from 'react-dom/client';
  import { part } from ${JSON.stringify(join(ROOT, 'console/src/part.tsx'))};
  const { Shown, loadAhead } = part(() => Promise.resolve(() => createElement('p', null, 'It is there')));
  function Page() {
    useLayoutEffect(loadAhead, []);
    return createElement(Shown, { fallback: createElement('p', null, 'It is loaded') });
  }
  createRoot(document.body).render(createElement(Page));
`;

/** Makes one file of the source that it is given, and prints it: in a process of its own, since what bundles takes no functions of another realm. */
const BUNDLING = `
  import { text } from 'node:stream/consumers';
  import { rolldown } from 'rolldown';
    const entry = ${JSON.stringify(join(ROOT, 'console/src/drawn.tsx'))};
  const source = await text(process.stdin);
  const build = await rolldown({
    input: entry,
    plugins: [
      {
        name: 'source',
        resolveId: (id) => (id === entry ? entry : null),
        load: (id) => (id === entry ? source : null),
      },
    ],
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  });
  const { output } = await build.generate({ format: 'iife' });
  process.stdout.write(output[0].code);
`;

function bundled(source: string): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', BUNDLING],
    {
      ...{ cwd: ROOT, encoding: 'utf8', input: source, maxBuffer: 16 * 1024 * 1024 },
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describeInBrowser('a part of the page that is loaded when it is wanted', () => {
  const browser = browserForAll();

  it('is shown where it comes between the first drawing and what follows that', async () => {
    const opened = await BrowserPage.open(browser());
    await opened.page.setContent('<body></body>');
    await opened.page.addScriptTag({ content: bundled(DRAWN) });
    await opened.page.getByText('It is there').waitFor();
    expect(opened.problems).toEqual([]);
    await opened.close();
  });
});

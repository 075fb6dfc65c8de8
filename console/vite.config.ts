import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import ts from 'typescript';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** Where `npm run dev` finds a server to talk to. */
const SERVER = 'http://127.0.0.1:8643';

/**
 * Writes the worker that keeps the page, told which files it has. It has no hash in its name: browsers ask for it by that, and take another
 * one for a new version of the page.
 */
function worker(): Plugin {
  return {
    name: 'worker',
    apply: 'build',
    generateBundle(_options, bundle) {
      const source = readFileSync(new URL('./worker/worker.ts', import.meta.url), 'utf8');
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
      const { outputText } = ts.transpileModule(source, { compilerOptions });
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/'))
        .sort();
      const version = createHash('sha256')
        .update(JSON.stringify([files, outputText]))
        .digest('hex')
        .slice(0, 12);
      const names = JSON.stringify([...files, 'icon.svg']);
      this.emitFile({
        type: 'asset',
        fileName: 'worker.js',
        source: `const FILES = ${names};\nconst VERSION = '${version}';\n${outputText}`,
      });
    },
  };
}

export default defineConfig({
  // Relative addresses work under any base path of the server.
  base: './',
  plugins: [
    react(),
    worker(),
    // The server hands these out as they are: nothing is compressed while somebody waits.
    compression({ include: /\.(?:js|css)$/, algorithms: ['brotliCompress', 'gzip'] }),
  ],
  build: {
    outDir: '../dist/console/page',
    emptyOutDir: true,
    // Images in the page's own files only: the policy of the server allows no inline script, and style sheets need none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the page is made of, whose authors are to be named.
    license: { fileName: 'licenses.json' },
    // On a slow machine it would tell of itself.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { proxy: { '/v1': SERVER, '/health': SERVER } },
});

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import ts from 'typescript';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** The server that `npm run dev` forwards requests to. */
const SERVER = 'http://127.0.0.1:8643';

/** Builds the service worker with the list of the page's files. Its name has no hash, since browsers check that name for a new version. */
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
  // Relative URLs work under any base path of the server.
  base: './',
  plugins: [
    react(),
    worker(),
    // Precompressed at build time: the server sends these files as they are.
    compression({ include: /\.(?:js|css)$/, algorithms: ['brotliCompress', 'gzip'] }),
  ],
  build: {
    outDir: '../dist/console/page',
    emptyOutDir: true,
    // Assets stay separate files: the server's policy allows no inline scripts, and style sheets need no inlined images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The bundled packages, whose authors must be credited.
    license: { fileName: 'licenses.json' },
    // Suppresses a warning about timings on slow machines.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { proxy: { '/v1': SERVER, '/health': SERVER } },
});

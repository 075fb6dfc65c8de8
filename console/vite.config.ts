import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** Where `npm run dev` finds a server to talk to. */
const SERVER = 'http://127.0.0.1:8643';

export default defineConfig({
  // Relative addresses work under any base path of the server.
  base: './',
  plugins: [
    react(),
    // The server hands these out as they are: nothing is compressed while somebody waits.
    compression({ include: /\.(?:js|css)$/, algorithms: ['brotliCompress', 'gzip'] }),
  ],
  build: {
    outDir: '../dist/console/page',
    emptyOutDir: true,
    // Images in the page's own files only: the policy of the server allows no inline script, and style sheets need none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': SERVER, '/health': SERVER } },
});

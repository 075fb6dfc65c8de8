/** The export formats with their media types and file extensions. */
export const EXPORT_FORMATS = {
  jsonl: { type: 'application/x-ndjson; charset=utf-8', extension: 'jsonl' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
  markdown: { type: 'text/markdown; charset=utf-8', extension: 'md' },
  html: { type: 'text/html; charset=utf-8', extension: 'html' },
} as const;

export type ExportFormat = keyof typeof EXPORT_FORMATS;

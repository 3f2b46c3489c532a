import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from '@hono/zod-openapi';
import { type Api, endpoint } from '../endpoint.ts';

const { resolve } = createRequire(import.meta.url);

/** The files of Swagger UI that the page needs, and their types. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
type File = keyof typeof FILES;

const START_SCRIPT = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, docExpansion: 'none' });\n`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>courier-pass API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Everything comes from our own host; Swagger UI sets styles inline and draws icons from data URLs. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/docs`: the OpenAPI document to browse and to try. */
export function registerDocs(api: Api): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/docs',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'Browse this document',
      answer: { description: 'A page.', contentType: 'text/html' },
    },
    () =>
      new Response(PAGE, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'referrer-policy': 'no-referrer',
        },
      }),
  );

  const loaded = new Map<File, Promise<Uint8Array>>();
  endpoint(
    api,
    {
      method: 'get',
      path: '/docs/{file}',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'A file of the page',
      params: z.object({ file: z.enum(['start.js', ...(Object.keys(FILES) as File[])]) }),
      answer: { description: 'The file.', contentType: '*/*' },
    },
    async ({ params: { file } }) => {
      if (file === 'start.js') return fileResponse(START_SCRIPT, FILES['swagger-ui-bundle.js']);
      const content = loaded.get(file) ?? readFile(resolve(`swagger-ui-dist/${file}`));
      loaded.set(file, content);
      return fileResponse(await content, FILES[file]);
    },
  );
}

function fileResponse(content: string | Uint8Array, type: string): Response {
  return new Response(content, {
    headers: { 'content-type': type, 'cache-control': 'max-age=3600' },
  });
}

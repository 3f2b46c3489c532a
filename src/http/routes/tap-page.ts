import { z } from '@hono/zod-openapi';
import { preferredLanguage } from '../../web/language.ts';
import { TAP_FILES } from '../../web/tap-files.ts';
import { TAP_PAGE_POLICY, tapPage } from '../../web/tap-page.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { headerOf } from '../incoming.ts';

type File = keyof typeof TAP_FILES;

/** `GET /t`: the page that a tag's URL opens. */
export function registerTapPage(api: Api): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/t',
      auth: ['nobody'],
      tag: 'Riders',
      summary: 'The page that a tag opens',
      description:
        'The tap travels in the fragment, so no server or log sees it, and opening the page changes nothing: its script sends the tap to `POST /v1/rider/taps`. Chinese, or English by `Accept-Language`.',
      answer: { description: 'A page.', contentType: 'text/html' },
    },
    ({ c }) =>
      new Response(tapPage(preferredLanguage(headerOf(c, 'accept-language'))), {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': TAP_PAGE_POLICY,
          'referrer-policy': 'no-referrer',
          vary: 'accept-language',
        },
      }),
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/t/{file}',
      auth: ['nobody'],
      tag: 'Riders',
      summary: 'A file of the page',
      params: z.object({ file: z.enum(Object.keys(TAP_FILES) as [File, ...File[]]) }),
      answer: { description: 'The file.', contentType: '*/*' },
    },
    ({ params: { file } }) => {
      const { content, type } = TAP_FILES[file];
      const headers = { 'content-type': type, 'cache-control': 'max-age=3600' };
      return new Response(content, { headers });
    },
  );
}

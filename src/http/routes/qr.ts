import { z } from '@hono/zod-openapi';
import QRCode from 'qrcode';
import { findCurrentCode } from '../../access/find-current-code.ts';
import type { IssuingDeps } from '../../access/issue-codes.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { identifier } from '../schemas/values.ts';

/** Level M; a quiet zone of four modules. @see ISO/IEC 18004 */
const DRAWING = { errorCorrectionLevel: 'M', margin: 4 } as const;
/** Pixels of a module: 49 modules with the quiet zone make 588 pixels. */
const PNG_SCALE = 12;

type Draw = (code: string) => Promise<string | Uint8Array<ArrayBuffer>>;

/** `GET /v1/passes/{id}/qr.svg` and `.png`: the code of the present window, black on white, version 6. */
export function registerQr(api: Api, deps: IssuingDeps): void {
  registerPicture(api, deps, 'svg', 'image/svg+xml', (code) =>
    QRCode.toString(segments(code), { ...DRAWING, type: 'svg' }),
  );
  registerPicture(api, deps, 'png', 'image/png', async (code) =>
    Uint8Array.from(await QRCode.toBuffer(segments(code), { ...DRAWING, scale: PNG_SCALE })),
  );
}

function registerPicture(
  api: Api,
  deps: IssuingDeps,
  extension: 'svg' | 'png',
  contentType: string,
  draw: Draw,
): void {
  endpoint(
    api,
    {
      method: 'get',
      path: `/v1/passes/{id}/qr.${extension}`,
      auth: ['rider'],
      tag: 'Riders',
      summary: `The present code as a QR (${extension.toUpperCase()})`,
      description:
        'Black on white with its quiet zone, level M, version 6. 404 for a pass that has ended, has no code to show, or is not the rider’s.',
      params: z.object({ id: identifier('pas') }),
      answer: { description: 'The picture.', contentType },
    },
    async ({ caller, params }) => {
      const code = await findCurrentCode(deps, { courierId: caller.courierId, passId: params.id });
      if (code === null) throw notFound('There is no such pass with a code to show.');
      return new Response(await draw(code), { headers: { 'content-type': contentType } });
    },
  );
}

/** All of a code is in the alphanumeric mode: nothing is left to the encoder's choice. */
function segments(code: string): QRCode.QRCodeSegment[] {
  return [{ data: code, mode: 'alphanumeric' }];
}

import QRCode from 'qrcode';

const BASE45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** As long as a courier code and of its alphabet; signed by nobody. */
export const COURIER_CODE = `CP1:${Array.from({ length: 140 }, (_, at) => BASE45[(at * 7_919 + 13) % 45]).join('')}`;

/** QR version 6, level M, as the contract says. */
export function pictureOf(text: string, widthPx: number): Promise<Buffer> {
  return QRCode.toBuffer(text, { errorCorrectionLevel: 'M', version: 6, width: widthPx });
}

import QRCode from 'qrcode';

/** A QR code as an `svg` element: black on white, with its quiet zone, whatever the theme. */
export function qrSvg(text: string): Promise<string> {
  return QRCode.toString(text, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 });
}

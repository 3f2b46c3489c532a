import QRCode from 'qrcode';

/**
 * A picture of any code, drawn as a phone without network or a platform's own app would: the service has
 * no hand in it. Level M, black on white, with a quiet zone of four modules.
 */
export function drawCode(code: string): Promise<Buffer> {
  const segments: QRCode.QRCodeSegment[] = [{ data: code, mode: 'alphanumeric' }];
  return QRCode.toBuffer(segments, { errorCorrectionLevel: 'M', margin: 4, scale: 8 });
}

/** The symbol alone, without the drawing that Node and canvas need. */
declare module 'qrcode/lib/core/qrcode.js' {
  export function create(
    segments: readonly { readonly data: string; readonly mode: 'alphanumeric' }[],
    options: { readonly errorCorrectionLevel: 'M' },
  ): { readonly modules: { readonly size: number; readonly data: Uint8Array } };
}

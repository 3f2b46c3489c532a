/** What passes between the page and the worker that reads codes. */

export type DecoderQuestion =
  | { readonly kind: 'start'; readonly wasmUrl: string }
  | { readonly kind: 'read'; readonly picture: ImageData };

export type DecoderAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'text'; readonly text: string | null };

/**
 * What passes between the main thread and the thread that owns the database. A message is one JSON text: V8 copies a
 * text at once, while a structured clone walks every member of every object, at three times the cost.
 */

export interface Call {
  readonly operation: string;
  readonly args: readonly unknown[];
}

export type Request =
  | { readonly kind: 'group'; readonly calls: readonly Call[] }
  | { readonly kind: 'close' };

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly unavailable: boolean; readonly message: string };

/** Groups are answered whole and in order. */
export type Response =
  | { readonly kind: 'ready' }
  | { readonly kind: 'group'; readonly replies: readonly Reply[] };

export const encode = (message: Request | Response): string => JSON.stringify(message);
export const decodeRequest = (text: string): Request => JSON.parse(text) as Request;
export const decodeResponse = (text: string): Response => JSON.parse(text) as Response;

/** Values that many requests and answers hold, as the wire writes them and as the program has them. */
import { z } from '@hono/zod-openapi';
import {
  type IdentifierKinds,
  type IdentifierPrefix,
  isIdentifier,
} from '../../domain/identifier.ts';

/** A public identifier of one kind, in its canonical writing. */
export function identifier<P extends IdentifierPrefix>(prefix: P) {
  return z
    .custom<IdentifierKinds[P]>(
      (value) => typeof value === 'string' && isIdentifier(prefix, value),
      `expected an identifier that starts with ${prefix}_`,
    )
    .openapi({
      type: 'string',
      pattern: `^${prefix}_[0-9a-f][0-9a-hjkmnp-tv-z]{12}$`,
      example: `${prefix}_0123456789abc`,
    });
}

/** An instant in a request: RFC 3339 with any offset; milliseconds since the epoch inside. */
export const instant = z.iso
  .datetime({
    offset: true,
    error: 'expected an RFC 3339 instant such as 2026-11-21T12:00:00+08:00',
  })
  .transform((text) => Date.parse(text));

/** An instant in an answer: RFC 3339, UTC, with milliseconds. */
export const instantText = z.iso
  .datetime({ precision: 3 })
  .openapi({ example: '2026-11-21T04:03:10.131Z' });

/** A line of `least` to `most` Unicode characters without control characters. */
export function printable(least: number, most: number): RegExp {
  return new RegExp(`^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]{${least},${most}}$`, 'u');
}

/** A text that is {@link printable}. */
export function line(least: number, most: number) {
  const pattern = printable(least, most);
  return z
    .string()
    .refine((text) => pattern.test(text), `expected ${least}–${most} printable characters`)
    .openapi({ minLength: least, maxLength: most });
}

/** Exactly so many hex digits, in upper or lower case. */
export function hexText(digits: number) {
  return z.string().regex(new RegExp(`^[0-9A-Fa-f]{${digits}}$`), `expected ${digits} hex digits`);
}

/** A platform's own identifier of a rider or a delivery. */
export const foreignId = line(1, 64);

/** A whole number in a query. */
export function integerQuery(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `expected a whole number, ${least}–${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `expected a whole number, ${least}–${most}`)
    .openapi({ type: 'integer', minimum: least, maximum: most });
}

/** A sentence in both languages. */
export const bilingual = z.object({ zh: z.string(), en: z.string() });

/**
 * Optional members as JSON has them: there or not, never undefined. A schema's output says `undefined` as well,
 * which no JSON text can give.
 */
export type Exact<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Exact<Item>[]
    : { [Key in keyof T]: Exact<Exclude<T[Key], undefined>> };
export function exact<T>(value: T): Exact<T> {
  return value as Exact<T>;
}

import { isObject, numberMember, optionalText, textMember, UnexpectedAnswer } from './json.ts';

/** The way that a reader faces; a reader faces one way for ever. */
export type Direction = 'in' | 'out';

/** How the courier code came over: shown or tapped. */
export type Medium = 'qr' | 'nfc';

/** The body of `POST /v1/verify`. */
export interface VerifyRequest {
  /** A UUID; every try for one scan carries the same. */
  readonly requestId: string;
  /** As read, less one trailing line end. May be left out at `out` only. */
  readonly code?: string;
  readonly medium: Medium;
  readonly direction: Direction;
  readonly lane?: string;
  /** RFC 3339, by the server's clock as far as the gate knows it. */
  readonly scannedAt?: string;
  readonly speedKmh?: number;
  readonly accuracyKmh?: number;
}

export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** The service judged the scan. The members that a gate acts on; whatever else the answer holds is passed over. */
export interface VerifyAnswer {
  readonly decision: 'granted' | 'denied';
  /** From the contract's closed list. */
  readonly reason: string;
  readonly message: Bilingual;
  /** 0 when denied. */
  readonly openForMs: number;
  readonly passId?: string;
  readonly visitId?: string;
  readonly speedLimitKmh?: number;
  readonly building?: string;
  readonly auditId?: string;
  readonly serverTime?: string;
}

/** @throws {UnexpectedAnswer} when a member that the gate acts on is missing or of another type. */
export function readVerifyAnswer(body: unknown): VerifyAnswer {
  const decision = textMember(body, 'decision');
  if (decision !== 'granted' && decision !== 'denied') {
    throw new UnexpectedAnswer(`the decision is "${decision}"`);
  }
  const { message, guidance, speedLimitKmh } = isObject(body) ? body : {};
  return {
    decision,
    reason: textMember(body, 'reason'),
    message: { zh: textMember(message, 'zh'), en: textMember(message, 'en') },
    openForMs: numberMember(body, 'openForMs'),
    ...(typeof speedLimitKmh === 'number' ? { speedLimitKmh } : {}),
    ...present('building', optionalText(guidance, 'building')),
    ...present('passId', optionalText(body, 'passId')),
    ...present('visitId', optionalText(body, 'visitId')),
    ...present('auditId', optionalText(body, 'auditId')),
    ...present('serverTime', optionalText(body, 'serverTime')),
  };
}

function present<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}

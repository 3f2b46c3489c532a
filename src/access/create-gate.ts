import type { Millis } from '../domain/clock.ts';
import type { Direction, GateKind, Medium } from '../domain/gate.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { Actor, GateRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { hashSecret, newEnrolmentCode } from './secrets.ts';

/** With which a device becomes the gate: once, until it expires. Shown once. */
export interface Enrolment {
  readonly enrollmentCode: string;
  readonly expiresAt: Millis;
}

interface GateInput {
  readonly communityId: CommunityId;
  readonly name: string;
  readonly kind: GateKind;
  readonly directions: readonly Direction[];
  readonly media: readonly Medium[];
  readonly passageSensor: boolean;
  readonly actor: Actor;
}

/** Makes a gate that a device can become. @returns null: there is no such community */
export async function createGate(
  deps: Deps,
  input: GateInput,
): Promise<{ readonly gate: GateRecord; readonly enrolment: Enrolment } | null> {
  const now = deps.now();
  const enrolment = newEnrolment(deps, now);
  const gate = await deps.store.createGate({
    ...input,
    enrolmentHash: hashSecret(enrolment.enrollmentCode),
    enrolmentExpiresAt: enrolment.expiresAt,
    now,
  });
  return gate && { gate, enrolment };
}

/**
 * A new enrolment code for a gate whose device is replaced: the old key stays until the new one has been used.
 * @returns null: there is no such gate
 */
export async function renewEnrolment(
  deps: Deps,
  input: { readonly gateId: GateId; readonly actor: Actor },
): Promise<Enrolment | null> {
  const now = deps.now();
  const enrolment = newEnrolment(deps, now);
  const renewed = await deps.store.renewEnrolment({
    ...input,
    enrolmentHash: hashSecret(enrolment.enrollmentCode),
    enrolmentExpiresAt: enrolment.expiresAt,
    now,
  });
  return renewed ? enrolment : null;
}

function newEnrolment(deps: Deps, now: Millis): Enrolment {
  const expiresAt = now + deps.config.limits.enrolmentMs;
  return { enrollmentCode: newEnrolmentCode(deps), expiresAt };
}

/** What the demo, the tests and other programs use: a gate in software, and the people around it. */
export { type FaultPlan, POWER_CUT_STEPS, type PowerCutStep } from './faults/fault-plan.ts';
export { type FaultyGate, openFaultyGate } from './faults/faulty-gate.ts';
export { courierJudge } from './firmware/courier-judge.ts';
export { type EnrolmentOptions, enrollGate } from './firmware/enrolment.ts';
export {
  Gate,
  type GateOptions,
  openGate,
  type ScanOptions,
  type ScanResult,
} from './firmware/gate.ts';
export { type GateIdentity, NoGateState } from './firmware/gate-state.ts';
export type { Lane } from './firmware/lane.ts';
export type {
  AloneOutcome,
  GateTime,
  JudgedAlone,
  MemoryEvent,
  OfflineJudge,
  OfflineJudgeKit,
} from './firmware/offline-judge.ts';
export { newRequestId } from './firmware/request-id.ts';
export type { Screen, Unread } from './firmware/screen.ts';
export { StateInUse } from './firmware/state-lock.ts';
export type { Judgement } from './firmware/verify-client.ts';
export { type Clock, systemClock } from './hardware/clock.ts';
export {
  noPassageSensor,
  type PassageSensor,
  simulatedPassage,
} from './hardware/passage-sensor.ts';
export { BrokenPicture, readPicture } from './hardware/picture.ts';
export { type Relay, SimulatedRelay } from './hardware/relay.ts';
export { type TagSettings, type TapMirrors, tapMirrors, tapUrl } from './hardware/tag.ts';
export { type CommunityKind, type NewGate, OperatorClient } from './platform/operator-client.ts';
export {
  type CallbackOptions,
  type CodeWindow,
  type DeliveryStatus,
  type DeliveryUpdate,
  type Place,
  type PlatformAccount,
  PlatformClient,
} from './platform/platform-client.ts';
export { type PassQuery, type RiderPass, RiderPhone } from './platform/rider-phone.ts';
export { webhookHeaders } from './platform/standard-webhooks.ts';
export { labelledRides, RIDE_CLASSES, type Ride, type RideClass } from './rides/rides.ts';
export { ROAD_ZONES, roadZones } from './rides/road.ts';
export { HttpClient } from './wire/http-client.ts';
export { UnexpectedAnswer } from './wire/json.ts';
export { ServiceRefusal } from './wire/service.ts';
export { NoReply, type Transport } from './wire/transport.ts';
export type {
  Bilingual,
  Direction,
  Medium,
  VerifyAnswer,
  VerifyRequest,
} from './wire/verify.ts';

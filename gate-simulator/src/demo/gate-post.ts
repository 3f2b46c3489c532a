import { join } from 'node:path';
import { enrollGate } from '../firmware/enrolment.ts';
import { type Gate, openGate, type ScanResult } from '../firmware/gate.ts';
import { systemClock } from '../hardware/clock.ts';
import { type PassageSensor, simulatedPassage } from '../hardware/passage-sensor.ts';
import { SimulatedRelay } from '../hardware/relay.ts';
import type { OperatorClient } from '../platform/operator-client.ts';
import type { HttpClient } from '../wire/http-client.ts';
import type { Direction } from '../wire/verify.ts';

/** From the opening of the arm until a rider has walked through. */
const WALK_MS = 150;

export interface GateSite {
  readonly operator: OperatorClient;
  readonly server: string;
  readonly http: HttpClient;
  readonly communityId: string;
  /** Where the gates of the demo keep their state, each in a folder of its own. */
  readonly gatesDir: string;
}

/** What happened at the gate when a picture was held before its camera. */
export interface Sighting {
  readonly result: ScanResult;
  /** By the relay, not by what the firmware says of itself. */
  readonly door: 'open' | 'shut';
}

/** A gate of the demo: simulated hardware around the real firmware, and riders who walk through it. */
export class GatePost {
  readonly name: string;
  readonly stateDir: string;
  readonly #gate: Gate;
  readonly #relay: SimulatedRelay;
  readonly #riders: Riders;

  private constructor(name: string, stateDir: string, parts: GateParts) {
    this.name = name;
    this.stateDir = stateDir;
    this.#gate = parts.gate;
    this.#relay = parts.relay;
    this.#riders = parts.riders;
  }

  /** Makes the gate at the service, enrols the device and boots it. @throws {NoReply} @throws {ServiceRefusal} */
  static async install(site: GateSite, name: string, folder: string): Promise<GatePost> {
    const { operator, server, http, communityId } = site;
    const { enrollmentCode } = await operator.addGate(communityId, {
      name,
      directions: ['in', 'out'],
      media: ['qr', 'nfc'],
    });
    const stateDir = join(site.gatesDir, folder);
    await enrollGate({ server, enrollmentCode, stateDir, name });
    const relay = new SimulatedRelay();
    const riders = new Riders(simulatedPassage(systemClock, relay, WALK_MS));
    const gate = await openGate(stateDir, { relay, passageSensor: riders, http });
    await gate.start();
    return new GatePost(name, stateDir, { gate, relay, riders });
  }

  get id(): string {
    return this.#gate.identity.gateId;
  }

  /** Holds a picture before the camera, as soon as the lane is free. */
  async scan(picture: Uint8Array, direction: Direction): Promise<Sighting> {
    const result = await this.#gate.scanPicture(picture, { direction });
    return { result, door: this.door };
  }

  /** Holds a phone to the reader, as soon as the lane is free. */
  async touch(message: Uint8Array, direction: Direction): Promise<Sighting> {
    const result = await this.#gate.scanNdef(message, { direction });
    return { result, door: this.door };
  }

  get door(): Sighting['door'] {
    return this.#relay.position === 'energised' ? 'open' : 'shut';
  }

  /** Resolves when the arm opens the next time. */
  whenOpened(): Promise<void> {
    return new Promise((resolve) => {
      this.#relay.onMove((position) => {
        if (position === 'energised') resolve();
      });
    });
  }

  /** The arm opens for the next rider, who stays where he is until it has come down again. */
  nextRiderHesitates(): void {
    this.#riders.hesitateOnce();
  }

  whenShut(): Promise<void> {
    return this.#gate.whenIdle();
  }

  /** Resolves when the server has everything that the gate has to tell. */
  whenReported(): Promise<void> {
    return this.#gate.whenReported();
  }

  close(): Promise<void> {
    return this.#gate.close();
  }
}

interface GateParts {
  readonly gate: Gate;
  readonly relay: SimulatedRelay;
  readonly riders: Riders;
}

/** Walk through each time that the arm opens, but for those who hesitate. */
class Riders implements PassageSensor {
  readonly #walking: PassageSensor;
  #hesitates = false;

  constructor(walking: PassageSensor) {
    this.#walking = walking;
  }

  hesitateOnce(): void {
    this.#hesitates = true;
  }

  onPassage(listener: () => void): void {
    this.#walking.onPassage(() => {
      if (!this.#hesitates) listener();
      this.#hesitates = false;
    });
  }
}

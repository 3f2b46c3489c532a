/** What the phone keeps: its key, what it is, and what it must still report. Apart from what a rider's page keeps. */
import { get, promisifyRequest, set, type UseStore, update } from 'idb-keyval';
import type { MemoryEvent } from '../../../gate/gate-memory.ts';
import type { Gate } from '../../guard/wire.ts';

/** What this phone is. The private key is the browser's: it signs, and cannot be read out. */
export interface Device {
  readonly gateId: string;
  readonly communityId: string;
  readonly tokenEndpoint: string;
  readonly key: CryptoKey;
}

/** A key whose enrolment was not answered: the same code with the same key gives the answer again. */
export interface Enrolling {
  readonly code: string;
  readonly keys: CryptoKeyPair;
}

/** A rider who was let in by hand while there was no network. */
export interface KeptAdmission {
  readonly id: string;
  readonly gateId: string;
  readonly reason: string;
}

/** What happened here without the server, until it has acknowledged it. */
export interface EventLog {
  readonly logId: string;
  /** The number of the next event. */
  readonly next: number;
  readonly events: readonly LoggedEvent[];
}
export interface LoggedEvent {
  readonly seq: number;
  readonly type: 'verification' | 'command';
  readonly deviceTime: string;
  readonly uptimeMs: number;
  readonly bootId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What this phone judges by while it is alone. */
export interface KeptBundle {
  /** As the server wrote it. */
  readonly text: string;
  /** Greatest version of a status list seen so far. */
  readonly statusVersion: number;
  /** The latest of the server's time that was ever known. */
  readonly latestKnown: number;
}

interface Kept {
  readonly device: Device;
  readonly enrolling: Enrolling;
  readonly gates: readonly Gate[];
  readonly admissions: readonly KeptAdmission[];
  readonly log: EventLog;
  readonly bundle: KeptBundle;
  readonly used: readonly MemoryEvent[];
}

const DATABASE = 'courier-pass-guard';
const STORE = 'kept';
let opened: Promise<IDBDatabase> | undefined;

/** Written to the disk before it counts as kept: a phone whose battery dies has not let a code in twice. */
function store(): UseStore {
  opened ??= open();
  const database = opened;
  return async (mode, callback) => {
    const transaction = (await database).transaction(STORE, mode, { durability: 'strict' });
    return callback(transaction.objectStore(STORE));
  };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return promisifyRequest(request);
}

/** Null: nothing is kept under this name. @throws where the browser keeps nothing */
export async function recall<Name extends keyof Kept>(name: Name): Promise<Kept[Name] | null> {
  return (await get<Kept[Name]>(name, store())) ?? null;
}

/** Resolves when it is kept. @throws where the browser keeps nothing */
export function keep<Name extends keyof Kept>(name: Name, value: Kept[Name] | null): Promise<void> {
  return set(name, value ?? undefined, store());
}

/** Changes a value in one transaction. */
export function amend<Name extends keyof Kept>(
  name: Name,
  change: (before: Kept[Name] | null) => Kept[Name],
): Promise<void> {
  return update<Kept[Name]>(name, (before) => change(before ?? null), store());
}

/**
 * The visits of a courier in a community as a function of the set of entries and exits, whatever the order in which
 * they became known: what a gate without network reports hours later changes the past as if it had come in time.
 */
import type { Millis } from './clock.ts';
import type { VisitId } from './identifier.ts';

/** A granted entry or an exit. */
export interface Passage {
  readonly kind: 'entry' | 'exit';
  readonly at: Millis;
  /** Tells apart what happened in the same millisecond: the same whenever it is asked. */
  readonly key: string;
  readonly gateNo: number;
  /** The visit that was named when it was recorded: the one it opened, kept or closed. */
  readonly visitId: VisitId | null;
  /** Whether it was decided when it happened, and not reported later. */
  readonly live: boolean;
}

/** When a visit closes by itself, and as what. */
export interface VisitDue {
  readonly at: Millis;
  readonly by: 'timeout' | 'delivery_end';
}

export interface VisitEnd {
  readonly at: Millis;
  readonly by: 'exit' | 'timeout' | 'delivery_end';
  /** Of an exit. */
  readonly gateNo: number | null;
}

export interface FoldedVisit<P extends Passage> {
  /** The identifier that its entries were told first; null: they were told another visit's, or none. */
  readonly id: VisitId | null;
  /** In order of time; at least one. */
  readonly entries: readonly [P, ...P[]];
  readonly due: VisitDue;
  /** Null while it is open. */
  readonly end: VisitEnd | null;
}

/**
 * Visits in order of time: an entry opens one or goes on with the open one, an exit closes it, and so does its time.
 * What was decided live while a visit was open past its time (nobody had swept it up yet) belongs to that visit.
 * @param dueOf when a visit that was opened by an entry closes by itself
 */
export function foldVisits<P extends Passage>(
  passages: readonly P[],
  dueOf: (opening: P) => VisitDue,
  now: Millis,
): FoldedVisit<P>[] {
  const visits: FoldedVisit<P>[] = [];
  let open: { entries: [P, ...P[]]; due: VisitDue } | null = null;
  const close = (end: VisitEnd | null) => {
    if (open !== null) visits.push({ id: null, ...open, end });
    open = null;
  };
  for (const passage of passages.toSorted(compare)) {
    if (open !== null && open.due.at <= passage.at && !continues(open.entries, passage))
      close(byTime(open.due));
    if (passage.kind === 'exit') close({ at: passage.at, by: 'exit', gateNo: passage.gateNo });
    else if (open === null) open = { entries: [passage], due: dueOf(passage) };
    else open.entries.push(passage);
  }
  if (open !== null) close(open.due.at <= now ? byTime(open.due) : null);
  return named(visits);
}

/** In order of time; of two at the same instant the order does not depend on which came first. */
function compare(a: Passage, b: Passage): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.kind !== b.kind) return a.kind === 'exit' ? -1 : 1;
  return a.key < b.key ? -1 : Number(a.key > b.key);
}

function continues(entries: readonly Passage[], { visitId, live }: Passage): boolean {
  return live && visitId !== null && entries.some((each) => each.live && each.visitId === visitId);
}

function byTime({ at, by }: VisitDue): VisitEnd {
  return { at, by, gateNo: null };
}

/** Each visit keeps the identifier that its earliest entry was told, unless an earlier visit has it. */
function named<P extends Passage>(visits: readonly FoldedVisit<P>[]): FoldedVisit<P>[] {
  const taken = new Set<VisitId>();
  return visits.map((visit) => {
    const told = visit.entries.map(({ visitId }) => visitId);
    const id = told.find((each) => each !== null && !taken.has(each)) ?? null;
    if (id !== null) taken.add(id);
    return { ...visit, id };
  });
}

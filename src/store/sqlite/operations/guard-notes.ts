import { and, eq, inArray, lt } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import { guardNotes } from '../schema-guard.ts';
import type { Operations } from './operation.ts';

type GuardNoteOperations = Pick<Operations, 'listGuardNotes' | 'eraseGuardNotes'>;

export function guardNoteOperations({ db, reference }: Context): GuardNoteOperations {
  return {
    listGuardNotes({ communityId, auditIds }) {
      const community = reference.communityById(communityId);
      if (community === null || auditIds.length === 0) return [];
      const { auditId, communityNo, text } = guardNotes;
      return db
        .select({ auditId, text })
        .from(guardNotes)
        .where(and(inArray(auditId, [...auditIds]), eq(communityNo, community.no)))
        .all();
    },

    eraseGuardNotes({ before, limit }) {
      const due = db
        .select({ auditId: guardNotes.auditId })
        .from(guardNotes)
        .where(lt(guardNotes.at, before))
        .limit(limit)
        .all()
        .map(({ auditId }) => auditId);
      if (due.length > 0) db.delete(guardNotes).where(inArray(guardNotes.auditId, due)).run();
      return due.length;
    },
  };
}

/** Writes down a guard's own words in the transaction of what they explain. */
export function addNote(
  { db }: Context,
  note: {
    readonly auditId: string;
    readonly communityNo: number;
    readonly text: string;
    readonly at: Millis;
  },
): void {
  db.insert(guardNotes).values(note).run();
}

import type { FoundReceipt } from '../audit/audit.ts';
import type { CourierId, GateId } from '../domain/identifier.ts';
import { type AuditorScope, coversCommunity, type ManagerScope } from '../domain/scope.ts';
import type { Deps } from './deps.ts';

/** Who asks for the receipt of an entry. */
export type ReceiptReader =
  | { readonly kind: 'scope'; readonly scope: ManagerScope | AuditorScope }
  | { readonly kind: 'gate'; readonly gateId: GateId }
  | { readonly kind: 'rider'; readonly courierId: CourierId };

export type ReceiptOutcome =
  | { readonly kind: 'receipt'; readonly text: string }
  /** The entry is on the log; no checkpoint covers it yet. */
  | { readonly kind: 'waiting' }
  /** There is no such entry, or it is not the reader's own. */
  | { readonly kind: 'not_found' };

/** What proves an entry, for whom it concerns: its gate, the rider whose pass it names, a manager of its community. */
export async function findReceipt(
  { audit }: Pick<Deps, 'audit'>,
  auditId: string,
  reader: ReceiptReader,
): Promise<ReceiptOutcome> {
  const found = await audit.findReceipt(auditId);
  if (found === null || !concerns(found, reader)) return { kind: 'not_found' };
  return found.receipt === null ? { kind: 'waiting' } : { kind: 'receipt', text: found.receipt };
}

function concerns(found: FoundReceipt, reader: ReceiptReader): boolean {
  switch (reader.kind) {
    case 'scope':
      return isAuditors(reader.scope) || isCovered(found, reader.scope);
    case 'gate':
      return isGates(found.entry, reader.gateId);
    case 'rider':
      return found.courierId === reader.courierId;
  }
}

function isAuditors(scope: ManagerScope | AuditorScope): scope is AuditorScope {
  return scope.kind === 'all' || scope.kind === 'audit';
}

function isCovered({ communityId, district }: FoundReceipt, scope: ManagerScope): boolean {
  return communityId !== null && coversCommunity(scope, { id: communityId, district });
}

/** A gate's own are the entries that name it, or that it made. */
function isGates(entry: string, gateId: GateId): boolean {
  const { gate, actor } = JSON.parse(entry) as { gate?: unknown; actor?: unknown };
  return gate === gateId || actor === `gate:${gateId}`;
}

import type { CourierId, TagId } from '../domain/identifier.ts';
import type { TapOutcome, TapParameters } from '../keys/keys.ts';
import type { TagRecord, TapAttempt, TapDecision } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishAlerts, publishCommand, publishDecision, publishTouched } from './publish.ts';

interface TapInput {
  readonly tagId: TagId;
  readonly parameters: TapParameters;
  readonly courierId: CourierId;
}

/**
 * Judges a rider's tap of a tag. Resolves only when the decision, and the `open` that follows from it, are durable; the
 * same tap by the same rider gets its first answer again.
 * @throws StoreUnavailable the outcome may be unknown: the same tap resolves it
 */
export async function redeemTap(deps: Deps, input: TapInput): Promise<TapDecision> {
  const { tagId, courierId } = input;
  const tag = await deps.store.findTag(tagId);
  if (tag === null) return { kind: 'no_such_tag' };
  const checked = deps.keys.checkTap(tag, input.parameters);
  if (checked.kind === 'authentic') await holdStationPass(deps, tag, courierId);
  const outcome = await deps.store.redeemTap({
    tagId,
    courierId,
    tap: tapOf(deps, input, checked),
    openForMs: deps.config.limits.gateOpenMs,
    now: deps.now(),
  });
  if (outcome.kind !== 'decided') return outcome;
  if (outcome.command !== null) publishCommand(deps.bus, outcome.command);
  publishDecision(deps.bus, outcome.record, outcome.courierId);
  publishAlerts(deps.bus, outcome.alerts);
  return outcome;
}

function tapOf(
  { keys }: Deps,
  { tagId, courierId }: TapInput,
  checked: TapOutcome | { readonly kind: 'malformed' },
): TapAttempt['tap'] {
  if (checked.kind !== 'authentic') return { kind: checked.kind };
  const { counter } = checked;
  return {
    kind: 'authentic',
    counter,
    requestId: keys.tapRequestId({ tagId, counter, courierId }),
  };
}

/** A station's tag asks for the station's pass; whoever gets none is judged without. */
async function holdStationPass(deps: Deps, tag: TagRecord, courierId: CourierId): Promise<void> {
  const { store, bus, config, now } = deps;
  const { communityId } = tag;
  const community = await store.findCommunity(communityId);
  if (community?.kind !== 'station') return;
  const at = now();
  const { vouchedMs, stationPassMs } = config.limits;
  const outcome = await store.requestStationPass({
    courierId,
    communityId,
    vouchedSince: at - vouchedMs,
    expiresAt: at + stationPassMs,
    now: at,
  });
  if (outcome.kind === 'ok')
    publishTouched(bus, { couriers: [courierId], communities: [communityId] });
}

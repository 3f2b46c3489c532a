import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createGate, type Enrolment, renewEnrolment } from '../../access/create-gate.ts';
import { createTag, tagUrl } from '../../access/create-tag.ts';
import type { Deps } from '../../access/deps.ts';
import { listGateStates, withState } from '../../access/gate-states.ts';
import { listAll } from '../../access/list-all.ts';
import { openGate } from '../../access/open-gate.ts';
import { setGatePosture } from '../../access/set-posture.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/clock.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { hasRight, type Right } from '../../domain/role.ts';
import type { GateRecord } from '../../store/store.ts';
import { manageText } from '../../web/manager/words.ts';
import { GatePage, type GateProps } from '../../web/pages/gate-page.tsx';
import { GatesPage, type GatesProps } from '../../web/pages/gates-page.tsx';
import { SecretPage } from '../../web/pages/secret-page.tsx';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { isTicked, lineFault, oneOf, periodOf } from '../manager/form-values.ts';
import { type Placed, placed } from '../manager/placed.ts';
import { qrSvg } from '../manager/qr-svg.ts';
import { form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const COMMAND_ROWS = 20;
const messageQuery = z.object({ message: z.string().optional() });
const MESSAGES = {
  removed: 'gateRemoved',
  opened: 'opened',
  posture: 'postureSet',
  tag: 'tagRemoved',
} as const;

function messageOf(view: View, name: string | undefined): string | undefined {
  const key = MESSAGES[name as keyof typeof MESSAGES];
  return key && manageText(view)(key);
}

/** `/m/:id/gates`: how gates are, and what they are told. */
export function registerManageGates(web: Web, deps: Deps): void {
  registerGateList(web, deps);
  registerGate(web, deps);
  registerCommands(web, deps);
  registerGateTags(web, deps);
}

function registerGateList(web: Web, deps: Deps): void {
  const path = '/m/:id/gates';

  async function show(
    view: View,
    { caller, reader, community }: Placed,
    more: Pick<GatesProps, 'errors' | 'message'>,
  ) {
    const gates = await listGateStates(deps, community.id);
    const mayManage = hasRight(caller.role, 'manage');
    return (
      <GatesPage {...{ view, reader, community, gates, mayManage }} now={deps.now()} {...more} />
    );
  }

  page(web, { path, who: placed(deps, 'read'), query: messageQuery }, ({ view, who, query }) =>
    show(view, who, { errors: {}, message: messageOf(view, query.message) }),
  );

  form(web, { path, who: placed(deps, 'manage') }, async ({ view, who, form: members }) => {
    const t = manageText(view);
    const name = (members['name'] ?? '').trim();
    const directions = (['in', 'out'] as const).filter((way) => isTicked(members, way));
    const media = (['qr', 'nfc'] as const).filter((medium) => isTicked(members, medium));
    const readers =
      directions.length === 0
        ? t('directionNeeded')
        : media.length === 0
          ? t('mediumNeeded')
          : undefined;
    const errors = { name: lineFault(t, name, 100), readers };
    if (errors.name !== undefined || readers !== undefined) return show(view, who, { errors });
    const created = await createGate(deps, {
      communityId: who.community.id,
      name,
      kind: oneOf(['gate', 'guard'] as const, members['kind']) ?? 'gate',
      directions,
      media,
      passageSensor: isTicked(members, 'sensor'),
      actor: actorOf(who.caller),
    });
    if (created === null) throw notFound();
    return enrolmentPage(view, who, deps, created.gate, created.enrolment);
  });
}

/** With which a device becomes the gate. A guard's phone opens a page, a gate reads the bare code. */
async function enrolmentPage(
  view: View,
  { reader, community }: Placed,
  { config, now }: Deps,
  gate: GateRecord,
  { enrollmentCode, expiresAt }: Enrolment,
): Promise<PageWith> {
  const t = manageText(view);
  const isGuard = gate.kind === 'guard';
  const text = isGuard ? `${config.publicUrl}/g#${enrollmentCode}` : enrollmentCode;
  const minutes = Math.round((expiresAt - now()) / MINUTE_MS);
  return new PageWith(
    200,
    <SecretPage
      view={view}
      reader={reader}
      place={community}
      title={`${t('enrol')}: ${gate.name}`}
      lead={t(isGuard ? 'enrolGuardLead' : 'enrolLead', { minutes })}
      qrSvg={await qrSvg(text)}
      values={[{ name: t('enrolCode'), value: enrollmentCode }]}
      back={`/m/${community.id}/gates/${gate.id}`}
    />,
  );
}

interface AtGate extends Placed {
  readonly gate: GateRecord;
}

/** As {@link placed}, for a gate of the community that `:gateId` names. */
function atGate(deps: Deps, right: Right) {
  const who = placed(deps, right);
  return async (c: Context, view: View): Promise<AtGate> => {
    const at = await who(c, view);
    const id = c.req.param('gateId') ?? '';
    const gate = isIdentifier('gat', id) ? await deps.store.findGate(id) : null;
    if (gate === null || gate.communityId !== at.community.id) throw notFound();
    return { ...at, gate };
  };
}

const PATH = '/m/:id/gates/:gateId';
const hrefOf = ({ community, gate }: AtGate) => `/m/${community.id}/gates/${gate.id}`;

/** The gate's page, again where something was wrong. */
async function showGate(
  deps: Deps,
  view: View,
  { caller, reader, community, gate }: AtGate,
  more: Pick<GateProps, 'errors' | 'message'>,
) {
  const { store } = deps;
  const [withHealth, commands, tags, terms] = await Promise.all([
    withState(deps, gate),
    store.listCommands(gate.id, { limit: COMMAND_ROWS, after: null }),
    listAll((page) => store.listTags(community.id, page)),
    store.readGateTerms(gate.id, deps.now()),
  ]);
  return (
    <GatePage
      {...{ view, reader, community }}
      gate={withHealth}
      newestBundle={terms && String(terms.bundleVersion + terms.statusVersion)}
      commands={commands.items}
      tags={tags.filter(({ gateId }) => gateId === gate.id)}
      mayManage={hasRight(caller.role, 'manage')}
      mayCommand={hasRight(caller.role, 'guard')}
      now={deps.now()}
      {...more}
    />
  );
}

function registerGate(web: Web, deps: Deps): void {
  page(
    web,
    { path: PATH, who: atGate(deps, 'read'), query: messageQuery },
    ({ view, who, query }) =>
      showGate(deps, view, who, { errors: {}, message: messageOf(view, query.message) }),
  );
  const who = atGate(deps, 'manage');
  form(web, { path: `${PATH}/enrol`, who }, async ({ view, who: at }) => {
    const enrolment = await renewEnrolment(deps, { gateId: at.gate.id, actor: actorOf(at.caller) });
    if (enrolment === null) throw notFound();
    return enrolmentPage(view, at, deps, at.gate, enrolment);
  });
  form(web, { path: `${PATH}/remove`, who }, async ({ who: { caller, community, gate } }) => {
    const actor = actorOf(caller);
    if (!(await deps.store.revokeGate({ gateId: gate.id, actor, now: deps.now() })))
      throw notFound();
    deps.bus.publish({ topic: `community:${community.id}`, type: 'changed' });
    return seeOther(`/m/${community.id}/gates?message=removed`);
  });
}

function registerCommands(web: Web, deps: Deps): void {
  const who = atGate(deps, 'guard');
  form(web, { path: `${PATH}/open`, who }, async ({ view, who: at, form: members }) => {
    const openReason = lineFault(manageText(view), (members['openReason'] ?? '').trim(), 200);
    if (openReason !== undefined) return showGate(deps, view, at, { errors: { openReason } });
    const { gateOpenMs: openForMs } = deps.config.limits;
    const reason = (members['openReason'] ?? '').trim();
    await openGate(deps, { gateId: at.gate.id, reason, openForMs, actor: actorOf(at.caller) });
    return seeOther(`${hrefOf(at)}?message=opened`);
  });
  form(web, { path: `${PATH}/posture`, who }, async ({ view, who: at, form: members }) => {
    const t = manageText(view);
    const reason = (members['reason'] ?? '').trim();
    const fault = lineFault(t, reason, 200);
    const posture = oneOf(['normal', 'closed', 'lockdown', 'open'] as const, members['posture']);
    const hours = periodOf(members['hours']);
    if (fault !== undefined || posture === null || hours === null)
      return showGate(deps, view, at, { errors: { reason: fault ?? t('invalid') } });
    await setGatePosture(deps, {
      gateId: at.gate.id,
      communityId: at.community.id,
      posture,
      until: posture === 'normal' ? null : deps.now() + hours * HOUR_MS,
      reason,
      actor: actorOf(at.caller),
    });
    return seeOther(`${hrefOf(at)}?message=posture`);
  });
}

function registerGateTags(web: Web, deps: Deps): void {
  const who = atGate(deps, 'manage');
  form(web, { path: `${PATH}/tags`, who }, async ({ view, who: at, form: members }) => {
    const t = manageText(view);
    const uid = (members['uid'] ?? '').trim();
    const again = (fault: string) => showGate(deps, view, at, { errors: { uid: fault } });
    if (!/^[0-9A-Fa-f]{14}$/.test(uid)) return again(t('tagUidWrong'));
    const created = await createTag(deps, {
      communityId: at.community.id,
      gateId: at.gate.id,
      uid,
      macParam: 'cmac',
      actor: actorOf(at.caller),
    });
    if (created.kind === 'not_found') throw notFound();
    if (created.kind === 'conflict') return again(t('tagTaken'));
    if (created.kind === 'no_entry') return again(t('tagNoEntry'));
    const { tag, made } = created.value;
    return new PageWith(
      200,
      <SecretPage
        view={view}
        reader={at.reader}
        place={at.community}
        title={t('tagAdded')}
        lead={tag.uid}
        qrSvg={null}
        values={[
          { name: t('tagUrl'), value: tagUrl(deps.config, tag.id) },
          ...(made.metaKey === undefined ? [] : [{ name: t('metaKey'), value: made.metaKey }]),
          ...(made.fileKey === undefined ? [] : [{ name: t('fileKey'), value: made.fileKey }]),
        ]}
        back={hrefOf(at)}
      />,
    );
  });
  form(web, { path: `${PATH}/tags/remove`, who }, async ({ who: at, form: members }) => {
    const id = members['tag'] ?? '';
    const tag = isIdentifier('tag', id) ? await deps.store.findTag(id) : null;
    if (tag === null || tag.gateId !== at.gate.id) throw notFound();
    await deps.store.revokeTag({ tagId: tag.id, actor: actorOf(at.caller), now: deps.now() });
    return seeOther(`${hrefOf(at)}?message=tag`);
  });
}

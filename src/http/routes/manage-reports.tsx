import { z } from '@hono/zod-openapi';
import { answerReport } from '../../access/answer-report.ts';
import type { Deps } from '../../access/deps.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { MOST_CONTRIBUTION_POINTS } from '../../domain/report.ts';
import { hasRight } from '../../domain/role.ts';
import { manageText } from '../../web/manager/words.ts';
import { ReportsPage, type ReportsProps } from '../../web/pages/reports-page.tsx';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { lineFault } from '../manager/form-values.ts';
import { type Placed, pageOf, placed } from '../manager/placed.ts';
import { form, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const ROWS = 20;
const ANSWER_CHARACTERS = 200;

const listQuery = z.object({
  after: z.string().max(100).optional(),
  open: z.enum(['true', 'false']).optional(),
  message: z.string().optional(),
});
type ListQuery = z.output<typeof listQuery>;

const openOf = ({ open }: ListQuery) => (open === undefined ? null : open === 'true');

/** `/m/:id/reports`: what riders saw, answered once. */
export function registerManageReports(web: Web, deps: Deps): void {
  const path = '/m/:id/reports';

  async function show(
    view: View,
    { caller, reader, community }: Placed,
    query: ListQuery,
    more: Pick<ReportsProps, 'error' | 'message'>,
  ) {
    const open = openOf(query);
    const page = pageOf(query, ROWS);
    const listed = await deps.store.listReports({ communityId: community.id, open, page });
    return (
      <ReportsPage
        {...{ view, reader, community, open }}
        reports={listed.items}
        next={listed.next}
        mayAnswer={hasRight(caller.role, 'manage')}
        {...more}
      />
    );
  }

  page(web, { path, who: placed(deps, 'read'), query: listQuery }, ({ view, who, query }) =>
    show(view, who, query, {
      message: query.message === 'answered' ? manageText(view)('answered') : undefined,
    }),
  );

  form(web, { path, who: placed(deps, 'manage') }, async ({ view, who: at, form: members }) => {
    const t = manageText(view);
    const id = members['report'] ?? '';
    if (!isIdentifier('rep', id)) throw notFound();
    const typed = (members[`text-${id}`] ?? '').trim();
    const again = (text: string) => show(view, at, {}, { error: { id, text, typed } });
    const fault = lineFault(t, typed, ANSWER_CHARACTERS);
    if (fault !== undefined) return again(fault);
    const points = Number(members[`points-${id}`]);
    if (!Number.isInteger(points) || points < 0 || points > MOST_CONTRIBUTION_POINTS)
      return again(t('invalid'));
    const outcome = await answerReport(deps, {
      id,
      scope: { kind: 'community', communityId: at.community.id },
      text: typed,
      contributionPoints: points,
      actor: actorOf(at.caller),
    });
    if (outcome.kind === 'not_found') throw notFound();
    if (outcome.kind === 'answered') return again(t('answeredBefore'));
    return seeOther(`/m/${at.community.id}/reports?message=answered`);
  });
}

import type { CommunityRecord, GateRecord, RulesVersion } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { ButtonLink } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Guide } from '../manager/guide.tsx';
import { Paging } from '../manager/paging.tsx';
import { guideOf, type RulesText, ruleLines, rulesTextOf } from '../manager/rules-words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

export interface RulesProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly gates: readonly GateRecord[];
  readonly current: RulesVersion;
  readonly versions: readonly RulesVersion[];
  readonly next: string | null;
  /** Names of accounts, by what the log calls them. */
  readonly authors: ReadonlyMap<string, string>;
  readonly mayManage: boolean;
  readonly now: number;
  readonly message?: string | undefined;
}

/** The rules in force, what riders read of them, and every version with who, why and who agreed. */
export function RulesPage(props: RulesProps) {
  const { view, reader, community, gates, current, mayManage, message } = props;
  const t = rulesTextOf(view);
  const href = `/m/${community.id}/rules`;
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('title')}
      message={message}
    >
      <div class="page-head">
        <h1>{t('title')}</h1>
        <div class="form-actions">
          <ButtonLink href={`${href}/poster`}>{t('poster')}</ButtonLink>
          {mayManage && (
            <ButtonLink kind="primary" href={`${href}/edit`}>
              {t('edit')}
            </ButtonLink>
          )}
        </div>
      </div>
      <div class="columns columns-even">
        <Card
          title={t('inForce')}
          actions={<Badge tone="good">{t('version', { version: current.version })}</Badge>}
        >
          <dl class="facts">
            {ruleLines(t, current.rules, gates).map(({ label, value }) => (
              <>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
        </Card>
        <Card title={t('guide')}>
          <Guide sections={guideOf(view, current.rules, community, gates)} />
        </Card>
      </div>
      <History {...props} t={t} />
    </ManagerFrame>
  );
}

function History({
  view,
  community,
  current,
  versions,
  next,
  authors,
  now,
  t,
}: RulesProps & { readonly t: RulesText }) {
  const state = ({ version, effectiveFrom }: RulesVersion) => {
    if (version === current.version) return <Badge tone="good">{t('current')}</Badge>;
    return effectiveFrom > now ? (
      <Badge tone="accent">{t('announced')}</Badge>
    ) : (
      <Badge>{t('past')}</Badge>
    );
  };
  return (
    <Card title={t('history')}>
      <Table
        caption={t('history')}
        rows={versions}
        columns={[
          {
            title: t('title'),
            cell: (version) => (
              <>
                {t('version', { version: version.version })} {state(version)}
              </>
            ),
          },
          {
            title: t('effective'),
            cell: ({ effectiveFrom }) => when(view, effectiveFrom, community.timezone),
          },
          {
            title: t('author'),
            cell: ({ author }) => authors.get(author) ?? <code>{author}</code>,
          },
          { title: t('why'), cell: ({ reason }) => reason ?? '—' },
          {
            title: t('agreed'),
            cell: ({ agreedBy }) => agreedBy.map((side) => t(side)).join(' · ') || '—',
          },
        ]}
      />
      <Paging view={view} next={next} />
    </Card>
  );
}

import type { Child } from 'hono/jsx';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import type { CommunityRecord, GateRecord } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Select } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Guide } from '../manager/guide.tsx';
import { type Members, RuleFields } from '../manager/rule-fields.tsx';
import { type RulesText, rulesTextOf } from '../manager/rules-words.ts';
import { manageText } from '../manager/words.ts';
import type { View } from '../view.ts';

/** What the form as it stands would mean. */
export interface Preview {
  readonly changes: readonly {
    readonly label: string;
    readonly was: string;
    readonly value: string;
  }[];
  readonly guide: readonly { readonly title: string; readonly lines: readonly string[] }[];
}

export interface RulesFormProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly gates: readonly GateRecord[];
  readonly members: Members;
  readonly version: number;
  /** The template that is filled in; null: none. */
  readonly template: string | null;
  readonly hoursLines: { readonly hours: number; readonly confirmHours: number };
  readonly preview: Preview | null;
  /** What is wrong, in words: by field where it has one. */
  readonly problems: readonly { readonly label: string; readonly text: string }[];
  readonly notice?: string | undefined;
  /** Beside the preview: the backtest, where there is one. */
  readonly aside?: Child;
}

/** A form that a caretaker understands; beside it what would change, and what riders would read. */
export function RulesFormPage(props: RulesFormProps) {
  const { view, reader, community, notice } = props;
  const t = rulesTextOf(view);
  const href = `/m/${community.id}/rules/edit`;
  const part = { ...props, t };
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('edit')}>
      <div class="page-head">
        <h1>{t('edit')}</h1>
        <TemplateChoice {...part} />
      </div>
      {notice !== undefined && <Notice>{notice}</Notice>}
      <form class="rules-form" method="post" action={href} data-preview>
        <input type="hidden" name="version" value={String(props.version)} />
        <RuleFields {...part} />
        <div class="rules-side">
          <div class="stack" data-live="preview" aria-live="polite">
            <Side {...part} />
          </div>
          <Actions t={t} />
        </div>
      </form>
    </ManagerFrame>
  );
}

type Part = RulesFormProps & { readonly t: RulesText };

function TemplateChoice({ view, community, template, t }: Part) {
  const manage = manageText(view);
  return (
    <form class="form-row form-inline" method="get" action={`/m/${community.id}/rules/edit`}>
      <Select
        name="template"
        label={t('template')}
        value={template ?? community.kind}
        options={COMMUNITY_KINDS.map((kind) => ({ value: kind, label: manage(`kind_${kind}`) }))}
      />
      <Button>{t('useTemplate')}</Button>
    </form>
  );
}

function Side({ preview, problems, aside, t }: Part) {
  return (
    <>
      {problems.length > 0 && (
        <Notice tone="bad" title={t('problems')}>
          <ul>
            {problems.map(({ label, text }) => (
              <li>
                {label}
                {': '}
                {text}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {preview !== null && (
        <>
          <Card title={t('changes')}>
            {preview.changes.length === 0 ? (
              <p class="aside">{t('noChanges')}</p>
            ) : (
              <table class="compare">
                <thead>
                  <tr>
                    <td />
                    <th scope="col">{t('before')}</th>
                    <th scope="col">{t('after')}</th>
                  </tr>
                </thead>
                <tbody>
                  {preview.changes.map(({ label, was, value }) => (
                    <tr>
                      <th scope="row">{label}</th>
                      <td>{was}</td>
                      <td>
                        <strong>{value}</strong>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Card>
          {aside}
          <Card title={t('guide')}>
            <Guide sections={preview.guide} />
          </Card>
        </>
      )}
    </>
  );
}

/** Beside what is read anew, so that no click is lost. */
function Actions({ t }: { readonly t: RulesText }) {
  return (
    <div class="form-actions side-actions">
      <Button name="step" value="check">
        {t('check')}
      </Button>
      <Button kind="primary" name="step" value="save">
        {t('save')}
      </Button>
    </div>
  );
}

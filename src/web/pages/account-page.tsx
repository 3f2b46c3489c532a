import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { signInText } from '../messages/sign-in.ts';
import { type Translate, translator } from '../translate.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

type T = Translate<typeof signInText>;

interface SessionRow {
  readonly id: string;
  readonly createdAt: number;
  readonly userAgent: string;
  readonly address: string;
}
interface PasskeyRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

export interface AccountProps {
  readonly view: View;
  readonly reader: Reader;
  readonly standing: { readonly role: string; readonly scope: string };
  readonly signInName: string;
  readonly sessions: readonly SessionRow[];
  readonly presentSession: string;
  readonly passkeys: readonly PasskeyRow[];
  readonly offersPasskeys: boolean;
  readonly provider: { readonly name: string; readonly linked: boolean } | null;
  readonly message?: string | undefined;
  readonly errors: { readonly present?: string; readonly next?: string };
}

/** One's own account: where one is signed in, passkeys, the password. */
export function AccountPage(props: AccountProps) {
  const { view, reader, standing, signInName, message, provider } = props;
  const t = translator(signInText, view.language);
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={null}
      title={t('accountTitle')}
      message={message}
      width="narrow"
      scripts={['account.js']}
    >
      <h1>{t('accountTitle')}</h1>
      <Card title={reader.name}>
        <dl class="facts">
          <dt>{t('name')}</dt>
          <dd>{signInName}</dd>
          <dt>{t('role')}</dt>
          <dd>{standing.role}</dd>
          <dt>{t('scope')}</dt>
          <dd>{standing.scope}</dd>
        </dl>
        {provider !== null && <Provider {...provider} t={t} />}
      </Card>
      <Sessions {...props} t={t} />
      {props.offersPasskeys && <Passkeys {...props} t={t} />}
      <Password {...props} t={t} />
    </ManagerFrame>
  );
}

function Provider({
  name,
  linked,
  t,
}: {
  readonly name: string;
  readonly linked: boolean;
  readonly t: T;
}) {
  if (linked) return <Notice tone="good">{t('providerLinked', { name })}</Notice>;
  return (
    <form method="post" action="/m/account/provider">
      <Button icon="link">{t('linkProvider', { name })}</Button>
    </form>
  );
}

function Sessions({ view, sessions, presentSession, t }: AccountProps & { readonly t: T }) {
  return (
    <Card title={t('sessions')}>
      <Table
        caption={t('sessions')}
        rows={sessions}
        columns={[
          {
            title: t('device'),
            cell: ({ id, userAgent }) => (
              <>
                {deviceName(userAgent)}{' '}
                {id === presentSession && <Badge tone="accent">{t('thisDevice')}</Badge>}
              </>
            ),
          },
          { title: t('address'), cell: ({ address }) => address || '—' },
          { title: t('since'), cell: ({ createdAt }) => when(view, createdAt) },
          {
            title: '',
            cell: ({ id }) => (
              <form method="post" action="/m/account/sessions/end">
                <input type="hidden" name="id" value={id} />
                <Button kind="quiet">{t('endSession')}</Button>
              </form>
            ),
          },
        ]}
      />
    </Card>
  );
}

/** Browser and system in two words: enough to recognise a device. */
function deviceName(userAgent: string): string {
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  return [browser, system].filter(Boolean).join(' · ') || '—';
}
const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['微信', /MicroMessenger/],
  ['Edge', /Edg\//],
  ['Firefox', /Firefox\//],
  ['Chrome', /Chrom(e|ium)\//],
  ['Safari', /Safari\//],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['HarmonyOS', /HarmonyOS|OpenHarmony/],
  ['Android', /Android/],
  ['iPhone', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
];

function Passkeys({ view, passkeys, errors, t }: AccountProps & { readonly t: T }) {
  return (
    <Card title={t('passkeys')}>
      <p>{t('passkeysLead')}</p>
      {passkeys.length === 0 ? (
        <p class="aside">{t('noPasskeys')}</p>
      ) : (
        <Table
          caption={t('passkeys')}
          rows={passkeys}
          columns={[
            { title: t('passkeyName'), cell: ({ name }) => name },
            {
              title: t('lastUsed'),
              cell: ({ lastUsedAt }) => (lastUsedAt === null ? t('never') : when(view, lastUsedAt)),
            },
            {
              title: '',
              cell: ({ id }) => (
                <form method="post" action="/m/account/passkeys/remove">
                  <input type="hidden" name="id" value={id} />
                  <Button kind="quiet">{t('removePasskey')}</Button>
                </form>
              ),
            },
          ]}
        />
      )}
      <noscript>
        <p>{t('passkeyNeedsScript')}</p>
      </noscript>
      <form class="form" data-passkey="add" data-failed={t('passkeyFailed')} hidden>
        <Field
          name="passkeyName"
          label={t('passkeyName')}
          hint={t('passkeyNameHint')}
          maxlength={40}
          required
        />
        <Field
          name="passkeyPassword"
          label={t('presentPassword')}
          type="password"
          autocomplete="current-password"
          required
        />
        <p class="field-error" role="alert" hidden data-passkey-error>
          {errors.present}
        </p>
        <Button icon="key">{t('addPasskey')}</Button>
      </form>
    </Card>
  );
}

function Password({ errors, t }: AccountProps & { readonly t: T }) {
  return (
    <Card title={t('changePassword')}>
      <form class="form" method="post" action="/m/account/password">
        <Field
          name="present"
          label={t('presentPassword')}
          type="password"
          autocomplete="current-password"
          error={errors.present}
          required
        />
        <Field
          name="next"
          label={t('newPassword')}
          hint={t('passwordHint')}
          type="password"
          autocomplete="new-password"
          error={errors.next}
          maxlength={128}
          required
        />
        <Button>{t('changePassword')}</Button>
      </form>
    </Card>
  );
}

import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { Layout } from '../layout.tsx';
import { signInText } from '../messages/sign-in.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

/** The first step: the code, which a script takes from the link's fragment. */
export function InvitationCodePage({
  view,
  error,
}: {
  readonly view: View;
  readonly error?: string;
}) {
  const t = translator(signInText, view.language);
  return (
    <Layout view={view} title={t('invitationTitle')} width="narrow" scripts={['account.js']}>
      <div class="hero">
        <h1>{t('invitationTitle')}</h1>
        <p class="lead">{t('invitationLead')}</p>
      </div>
      <Card>
        {error !== undefined && <Notice tone="bad">{error}</Notice>}
        <form class="form" method="post" action="/invitation" data-invitation>
          <Field
            name="code"
            label={t('invitationCode')}
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            maxlength={200}
            required
          />
          <Button kind="primary" wide="wide">
            {t('next')}
          </Button>
        </form>
      </Card>
    </Layout>
  );
}

export interface InvitationErrors {
  readonly name?: string | undefined;
  readonly signInName?: string | undefined;
  readonly password?: string | undefined;
}

/** The second step: what the person is invited to, and the account. */
export function InvitationPage({
  view,
  code,
  role,
  scope,
  values,
  errors,
}: {
  readonly view: View;
  readonly code: string;
  readonly role: string;
  readonly scope: string;
  readonly values: { readonly name: string; readonly signInName: string };
  readonly errors: InvitationErrors;
}) {
  const t = translator(signInText, view.language);
  return (
    <Layout view={view} title={t('invitationTitle')} width="narrow">
      <div class="hero">
        <h1>{t('invitationTitle')}</h1>
        <p class="lead">{t('invitedAs', { role, scope })}</p>
      </div>
      <Card>
        <form class="form" method="post" action="/invitation/accept">
          <input type="hidden" name="code" value={code} />
          <Field
            name="name"
            label={t('yourName')}
            hint={t('yourNameHint')}
            value={values.name}
            error={errors.name}
            autocomplete="name"
            maxlength={60}
            required
          />
          <Field
            name="signInName"
            label={t('name')}
            hint={t('nameHint')}
            value={values.signInName}
            error={errors.signInName}
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            maxlength={254}
            required
          />
          <Field
            name="password"
            label={t('newPassword')}
            hint={t('passwordHint')}
            error={errors.password}
            type="password"
            autocomplete="new-password"
            maxlength={128}
            required
          />
          <Button kind="primary" wide="wide">
            {t('createAccount')}
          </Button>
        </form>
      </Card>
    </Layout>
  );
}

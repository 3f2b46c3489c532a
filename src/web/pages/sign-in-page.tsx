import { Button, ButtonLink } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { Layout } from '../layout.tsx';
import { signInText } from '../messages/sign-in.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

export interface SignInProps {
  readonly view: View;
  /** Where to go afterwards: a path of ours. */
  readonly next: string;
  readonly name?: string;
  /** What went wrong, in words. */
  readonly error?: string;
  readonly message?: string | undefined;
  readonly providerName: string | null;
  readonly offersPasskeys: boolean;
}

export function SignInPage(props: SignInProps) {
  const { view, next, name, error, message, providerName, offersPasskeys } = props;
  const t = translator(signInText, view.language);
  return (
    <Layout
      view={view}
      title={t('title')}
      width="narrow"
      message={message}
      scripts={['account.js']}
    >
      <div class="hero">
        <h1>{t('title')}</h1>
        <p class="lead">{t('lead')}</p>
      </div>
      <Card>
        {error !== undefined && <Notice tone="bad">{error}</Notice>}
        <form class="form" method="post" action="/sign-in">
          <input type="hidden" name="next" value={next} />
          <Field
            name="name"
            label={t('name')}
            hint={t('nameHint')}
            value={name ?? ''}
            autocomplete="username webauthn"
            autocapitalize="none"
            spellcheck="false"
            maxlength={254}
            required
          />
          <Field
            name="password"
            label={t('password')}
            type="password"
            autocomplete="current-password"
            maxlength={128}
            required
          />
          <Button kind="primary" wide="wide">
            {t('signIn')}
          </Button>
        </form>
        {offersPasskeys && (
          <form
            class="form"
            data-passkey="sign-in"
            data-next={next}
            data-failed={t('passkeyFailed')}
            hidden
          >
            <Button icon="key" wide="wide">
              {t('withPasskey')}
            </Button>
            <p class="field-error" role="alert" hidden data-passkey-error />
          </form>
        )}
        {providerName !== null && (
          <ButtonLink href="/sign-in/with-provider" icon="building" wide="wide">
            {t('withProvider', { name: providerName })}
          </ButtonLink>
        )}
      </Card>
      <p class="aside">{t('forgotten')}</p>
    </Layout>
  );
}

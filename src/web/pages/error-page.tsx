import { ButtonLink } from '../components/button.tsx';
import { Empty } from '../components/states.tsx';
import { Layout } from '../layout.tsx';
import { error } from '../messages/error.ts';
import { frame } from '../messages/frame.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

const KINDS = {
  notFound: ['notFoundTitle', 'notFoundText'],
  signIn: ['signInTitle', 'signInText'],
  crossSite: ['crossSiteTitle', 'crossSiteText'],
  input: ['inputTitle', 'inputText'],
  busy: ['busyTitle', 'busyText'],
  broken: ['brokenTitle', 'brokenText'],
} as const;
type Kind = keyof typeof KINDS;

function kindOf(status: number): Kind {
  if (status === 401) return 'signIn';
  if (status === 403) return 'crossSite';
  if (status === 404) return 'notFound';
  if (status === 429 || status === 503) return 'busy';
  return status >= 500 ? 'broken' : 'input';
}

/** Stands where a page should have been: what happened, in words, and where to go. */
export function ErrorPage(props: {
  readonly view: View;
  readonly status: number;
  readonly requestId: string;
}) {
  const { view, status, requestId } = props;
  const t = translator(error, view.language);
  const [title, text] = KINDS[kindOf(status)];
  return (
    <Layout view={view} title={t(title)} width="narrow">
      <h1 class="unseen">{t(title)}</h1>
      <Empty icon={status >= 500 ? 'alert' : 'doorClosed'} title={t(title)}>
        <p>{t(text)}</p>
        <p class="aside">{t('reference', { id: requestId })}</p>
        <ButtonLink href="/" kind="primary">
          {translator(frame, view.language)('home')}
        </ButtonLink>
      </Empty>
    </Layout>
  );
}

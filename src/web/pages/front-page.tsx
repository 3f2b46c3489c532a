import { Icon } from '../components/icon.tsx';
import type { IconName } from '../icons.ts';
import { Layout } from '../layout.tsx';
import { front } from '../messages/front.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

/** Leads riders, guards and managers to their pages. */
export function FrontPage({ view }: { readonly view: View }) {
  const t = translator(front, view.language);
  return (
    <Layout view={view} title={t('title')} width="narrow">
      <div class="hero">
        <h1>{t('title')}</h1>
        <p class="lead">{t('lead')}</p>
      </div>
      <ul class="doors">
        <Door href="/r" icon="bike" title={t('riderTitle')} text={t('riderText')} />
        <Door href="/g" icon="shield" title={t('guardTitle')} text={t('guardText')} />
        <Door href="/m" icon="building" title={t('managerTitle')} text={t('managerText')} />
      </ul>
      <p class="aside">
        <a href="/docs">{t('developer')}</a>
      </p>
    </Layout>
  );
}

function Door(props: {
  readonly href: string;
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
}) {
  return (
    <li>
      <a class="door" href={props.href}>
        <Icon name={props.icon} />
        <span>
          <strong>{props.title}</strong>
          <span class="door-text">{props.text}</span>
        </span>
        <Icon name="chevronRight" />
      </a>
    </li>
  );
}

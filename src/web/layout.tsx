/** The frame of every page: head, skip link, header, content, footer. */
import type { Child } from 'hono/jsx';
import type { AssetName } from './assets.ts';
import { Icon } from './components/icon.tsx';
import { Toasts } from './components/toast.tsx';
import { HTML_LANGUAGE, type Language } from './language.ts';
import { frame } from './messages/frame.ts';
import { type Translate, translator } from './translate.ts';
import { chosen, THEMES, type View } from './view.ts';

interface DocumentProps {
  readonly view: View;
  readonly title: string;
  /** Beside the ones that every page has. */
  readonly styles?: readonly AssetName[];
  readonly scripts?: readonly AssetName[];
  /** A script that runs as soon as it is there: before styles are, and perhaps before the page is. */
  readonly first?: AssetName;
  /** The web app that the page belongs to: its manifest. */
  readonly manifest?: string;
  readonly bodyClass?: string;
  readonly children?: Child;
}

/** A whole document without the frame: for pages that fill the screen. */
export function Document(props: DocumentProps) {
  const { view, title, styles = [], scripts = [], first, manifest, bodyClass, children } = props;
  const modules = first === undefined ? scripts : [first, ...scripts];
  const { assets, language, theme } = view;
  return (
    <html lang={HTML_LANGUAGE[language]} data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content={theme === 'auto' ? 'light dark' : theme} />
        <title>{title}</title>
        <link rel="icon" href={assets.url('icon.svg')} type="image/svg+xml" />
        <link rel="apple-touch-icon" href={assets.url('icon-192.png')} />
        {manifest !== undefined && <link rel="manifest" href={manifest} />}
        {['app.css' as const, ...styles].map((name) => (
          <link rel="stylesheet" href={assets.url(name)} />
        ))}
        {modules.flatMap(assets.needs).map((file) => (
          <link rel="modulepreload" href={file} />
        ))}
        {first !== undefined && <script type="module" async src={assets.url(first)} />}
        {scripts.map((name) => (
          <script type="module" src={assets.url(name)} />
        ))}
      </head>
      <body class={bodyClass}>{children}</body>
    </html>
  );
}

export interface NavItem {
  readonly href: string;
  readonly label: string;
  readonly current?: boolean;
}

/** A document in the product's frame. `width`: `narrow` for what is read or filled in, `wide` for tables. */
export function Layout({
  view,
  title,
  nav = [],
  user,
  message,
  width = 'wide',
  scripts = [],
  styles = [],
  children,
}: {
  readonly view: View;
  readonly title: string;
  readonly nav?: readonly NavItem[];
  /** Who is signed in, and how to sign out. */
  readonly user?: Child;
  /** Shown once as a toast. */
  readonly message?: string | undefined;
  readonly width?: 'narrow' | 'wide';
  readonly scripts?: readonly AssetName[];
  readonly styles?: readonly AssetName[];
  readonly children?: Child;
}) {
  const t = translator(frame, view.language);
  return (
    <Document
      view={view}
      title={`${title} · ${t('product')}`}
      scripts={['app.js', ...scripts]}
      styles={styles}
    >
      <a class="skip" href="#content">
        {t('skip')}
      </a>
      <header class="top">
        <a class="brand" href="/">
          <Icon name="doorOpen" />
          <span>{t('product')}</span>
        </a>
        {nav.length > 0 && <Nav items={nav} label={title} />}
        {user !== undefined && <div class="top-user">{user}</div>}
      </header>
      <main id="content" class={`page page-${width}`} tabindex={-1}>
        {children}
      </main>
      <Footer view={view} t={t} />
      <Toasts message={message} />
    </Document>
  );
}

function Nav({ items, label }: { readonly items: readonly NavItem[]; readonly label: string }) {
  return (
    <nav class="nav" aria-label={label}>
      {items.map(({ href, label: text, current }) => (
        <a href={href} {...(current && { 'aria-current': 'page' })}>
          {text}
        </a>
      ))}
    </nav>
  );
}

/** The choices of language and appearance, kept by cookies. */
export function Footer({ view, t }: { readonly view: View; readonly t: Translate<typeof frame> }) {
  const names = { auto: t('themeAuto'), light: t('themeLight'), dark: t('themeDark') };
  const other: Language = view.language === 'zh' ? 'en' : 'zh';
  return (
    <footer class="foot">
      <a
        href={chosen(view, 'lang', other)}
        hreflang={HTML_LANGUAGE[other]}
        lang={HTML_LANGUAGE[other]}
      >
        <Icon name="languages" />
        {t('otherLanguage')}
      </a>
      <span class="foot-group">
        <span>{t('theme')}</span>
        {THEMES.map((theme) => (
          <a
            href={chosen(view, 'theme', theme)}
            {...(theme === view.theme && { 'aria-current': 'true' })}
          >
            {names[theme]}
          </a>
        ))}
      </span>
    </footer>
  );
}

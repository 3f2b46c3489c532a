import type { Child } from 'hono/jsx';
import type { Community } from '../../domain/community.ts';
import { hasRight, type Right, type Role } from '../../domain/role.ts';
import type { ManagerScope } from '../../domain/scope.ts';
import type { AssetName } from '../assets.ts';
import { Button } from '../components/button.tsx';
import { Layout, type NavItem } from '../layout.tsx';
import { manage } from '../messages/manage.ts';
import { signInText } from '../messages/sign-in.ts';
import { type Translate, translator } from '../translate.ts';
import type { View } from '../view.ts';

/** Who looks at a manager's page. */
export interface Reader {
  readonly name: string;
  readonly role: Role;
  readonly scope: ManagerScope;
}

/** The community that a page is about; the list of them for what spans several. */
export type Place = Pick<Community, 'id' | 'name'> | null;

const SECTIONS = [
  ['', 'overview', 'read'],
  ['/decisions', 'decisions', 'read'],
  ['/visits', 'visits', 'read'],
  ['/gates', 'gates', 'read'],
  ['/rules', 'rules', 'read'],
  ['/couriers', 'couriers', 'read'],
  ['/alerts', 'alerts', 'read'],
  ['/reports', 'reports', 'read'],
  ['/plan', 'plan', 'read'],
  ['/audit', 'audit', 'read'],
  ['/notify', 'notify', 'manage'],
] as const;
const OFFICE = [
  ['/m', 'communities', 'read'],
  ['/m/people', 'people', 'people'],
  ['/m/api-keys', 'apiKeys', 'manage'],
] as const;

/** The frame of every page for managers: where one is, where one can go, who one is. */
export function ManagerFrame({
  view,
  reader,
  place,
  title,
  message,
  width,
  scripts = [],
  children,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly place: Place;
  readonly title: string;
  readonly message?: string | undefined;
  readonly width?: 'narrow' | 'wide';
  readonly scripts?: readonly AssetName[];
  readonly children?: Child;
}) {
  const t = translator(manage, view.language);
  return (
    <Layout
      view={view}
      title={place === null ? title : `${title} · ${place.name}`}
      nav={office(view, reader, t)}
      user={<User reader={reader} t={t} />}
      message={message}
      width={width ?? 'wide'}
      scripts={['manager.js', ...scripts]}
      styles={['manager.css']}
    >
      {place !== null && (
        <div class="place">
          <p class="place-name">{place.name}</p>
          <nav class="nav" aria-label={place.name}>
            {sections(view, reader, place, t).map(({ href, label, current }) => (
              <a href={href} {...(current && { 'aria-current': 'page' })}>
                {label}
              </a>
            ))}
          </nav>
        </div>
      )}
      {children}
    </Layout>
  );
}

function User({ reader, t }: { readonly reader: Reader; readonly t: Translate<typeof manage> }) {
  return (
    <>
      <a href="/m/account">{reader.name}</a>
      <form method="post" action="/sign-out">
        <Button kind="quiet" icon="logOut">
          {t('signOut')}
        </Button>
      </form>
    </>
  );
}

type Path = readonly [string, keyof typeof manage, Right];

function office(view: View, reader: Reader, t: Translate<typeof manage>): NavItem[] {
  return OFFICE.filter(([, , right]: Path) => hasRight(reader.role, right)).map(([href, key]) => ({
    href,
    label: t(key),
    current: pathOf(view) === href,
  }));
}

function sections(
  view: View,
  reader: Reader,
  place: NonNullable<Place>,
  t: Translate<typeof manage>,
): NavItem[] {
  return SECTIONS.filter(([, , right]: Path) => hasRight(reader.role, right)).map(([path, key]) => {
    const href = `/m/${place.id}${path}`;
    const at = pathOf(view);
    return {
      href,
      label: t(key),
      current: path === '' ? at === href : at === href || at.startsWith(`${href}/`),
    };
  });
}

function pathOf(view: View): string {
  return view.path.split('?')[0] ?? view.path;
}

/** A role and its reach in words. */
export function standingText(
  view: View,
  { role, scope }: Pick<Reader, 'role' | 'scope'>,
  communities: ReadonlyMap<string, string>,
): { readonly role: string; readonly scope: string } {
  const t = translator(signInText, view.language);
  if (scope.kind === 'all') return { role: t(role), scope: t('everything') };
  if (scope.kind === 'district') return { role: t(role), scope: scope.district };
  return { role: t(role), scope: communities.get(scope.communityId) ?? scope.communityId };
}

import type { Deps } from '../../access/deps.ts';
import { listAll } from '../../access/list-all.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import type { ManagerScope } from '../../domain/scope.ts';
import { signInText } from '../../web/messages/sign-in.ts';
import { translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';

/** Scopes that somebody can give, as a form offers them. */
export interface ScopeChoices {
  readonly scopes: readonly { readonly value: string; readonly label: string }[];
  /** Names of the communities, by identifier. */
  readonly communities: ReadonlyMap<string, string>;
}

/** What lies within a scope: everything, districts, communities. */
export async function scopeChoices(
  { store }: Pick<Deps, 'store'>,
  view: View,
  within: ManagerScope,
): Promise<ScopeChoices> {
  const all = await listAll((page) => store.listCommunities(within, page));
  const districts = [...new Set(all.flatMap(({ district }) => district ?? []))];
  const everything = translator(signInText, view.language)('everything');
  return {
    scopes: [
      ...(within.kind === 'all' ? [{ value: 'all', label: everything }] : []),
      ...(within.kind === 'community'
        ? []
        : districts.map((district) => ({ value: `district:${district}`, label: district }))),
      ...all.map(({ id, name }) => ({ value: `community:${id}`, label: name })),
    ],
    communities: new Map(all.map(({ id, name }) => [id, name])),
  };
}

/** A scope as a form sends it; null: it is none. */
export function parseScope(text: string | undefined): ManagerScope | null {
  if (text === 'all') return { kind: 'all' };
  const [, kind, value = ''] = /^(district|community):(.+)$/u.exec(text ?? '') ?? [];
  if (kind === 'district') return { kind, district: value };
  return kind === 'community' && isIdentifier('com', value) ? { kind, communityId: value } : null;
}

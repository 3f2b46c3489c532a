import { HTML_LANGUAGE } from './language.ts';
import { guard } from './messages/guard.ts';
import { rider } from './messages/rider.ts';
import type { View } from './view.ts';

/** What a phone needs to install the rider's page. */
export function riderManifest(view: View): object {
  return manifest(view, { name: rider.appName[view.language], start: '/r', scope: '/' });
}

/** What a phone needs to install the guard's page. */
export function guardManifest(view: View): object {
  return manifest(view, { name: guard.appName[view.language], start: '/g', scope: '/g' });
}

/** @see https://www.w3.org/TR/appmanifest/ */
function manifest(
  { assets, language }: View,
  app: { readonly name: string; readonly start: string; readonly scope: string },
): object {
  return {
    id: app.start,
    name: app.name,
    short_name: app.name,
    lang: HTML_LANGUAGE[language],
    start_url: app.start,
    scope: app.scope,
    display: 'standalone',
    orientation: 'portrait',
    background_color: '#f4f6f8',
    theme_color: '#155ba6',
    icons: [
      { src: assets.url('icon-192.png'), sizes: '192x192', type: 'image/png' },
      { src: assets.url('icon-512.png'), sizes: '512x512', type: 'image/png' },
      {
        src: assets.url('icon-maskable-512.png'),
        sizes: '512x512',
        type: 'image/png',
        purpose: 'maskable',
      },
      { src: assets.url('icon.svg'), sizes: 'any', type: 'image/svg+xml' },
    ],
  };
}

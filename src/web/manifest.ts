import { HTML_LANGUAGE } from './language.ts';
import { rider } from './messages/rider.ts';
import type { View } from './view.ts';

/** What a phone needs to install the rider's page. @see https://www.w3.org/TR/appmanifest/ */
export function riderManifest({ assets, language }: View): object {
  return {
    id: '/r',
    name: rider.appName[language],
    short_name: rider.appName[language],
    lang: HTML_LANGUAGE[language],
    start_url: '/r',
    scope: '/',
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

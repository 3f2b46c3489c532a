import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Catalogue, catalogue, translator } from '../../src/web/translate.ts';

const FOLDER = new URL('../../src/web/messages/', import.meta.url);

test('a sentence is said in either language with its values, and with no markup of its own', () => {
  const sentences = catalogue({
    left: { zh: '还剩 {minutes} 分钟', en: '{minutes} min left' },
  });
  expect(translator(sentences, 'zh')('left', { minutes: 5 })).toBe('还剩 5 分钟');
  expect(translator(sentences, 'en')('left', { minutes: '<b>' })).toBe('<b> min left');
});

describe.each(readdirSync(FOLDER))('the catalogue %s', async (file) => {
  const module: Readonly<Record<string, unknown>> = await import(new URL(file, FOLDER).href);
  const catalogues = Object.values(module).filter(isCatalogue);

  test('says everything in both languages, with the same values in each', () => {
    expect(catalogues.length).toBeGreaterThan(0);
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const sentences of catalogues)
      for (const [key, { zh, en }] of Object.entries(sentences)) {
        expect([zh.trim(), en.trim()], key).not.toContain('');
        expect([...new Set(names(en))], key).toEqual([...new Set(names(zh))]);
      }
  });
});

function isCatalogue(value: unknown): value is Catalogue {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((each) => typeof each?.zh === 'string');
}

import { catalogue } from '../translate.ts';

/** The rider's pages. */
export const rider = catalogue({
  title: { zh: '通行码', en: 'My pass' },
  appName: { zh: '骑手通行', en: 'Courier Pass' },
  loading: { zh: '正在取通行码…', en: 'Fetching your pass…' },
});

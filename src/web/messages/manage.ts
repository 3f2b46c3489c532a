import { catalogue } from '../translate.ts';

/** What all pages of managers say. */
export const manage = catalogue({
  communities: { zh: '小区', en: 'Communities' },
  overview: { zh: '总览', en: 'Overview' },
  rules: { zh: '规则', en: 'Rules' },
  gates: { zh: '门', en: 'Gates' },
  visits: { zh: '来访', en: 'Visits' },
  decisions: { zh: '放行记录', en: 'Decisions' },
  couriers: { zh: '骑手', en: 'Couriers' },
  alerts: { zh: '提醒', en: 'Alerts' },
  plan: { zh: '平面图', en: 'Plan' },
  people: { zh: '人员', en: 'People' },
  apiKeys: { zh: '接口密钥', en: 'API keys' },
  account: { zh: '我的账号', en: 'My account' },
  signOut: { zh: '退出', en: 'Sign out' },
  more: { zh: '更早的', en: 'Older' },
  first: { zh: '回到最新', en: 'Newest' },
});

import type { DecisionRecord } from './decision-record.ts';
import type { Bilingual, Reason } from './reason.ts';

/** One sentence for each reason, for the rider at the gate: what happened, and what to do next. */
const MESSAGES: Readonly<Record<Reason, Bilingual>> = {
  granted: { zh: '请进', en: 'Welcome' },
  granted_rescan: { zh: '门再开一次，请进', en: 'The gate opens once more, please go in' },
  granted_exit: { zh: '请慢走', en: 'Goodbye, ride safely' },
  granted_open: { zh: '现在自由通行，请进', en: 'The gate is open to all now, please go in' },
  granted_by_guard: { zh: '保安已确认，请进', en: 'The guard has confirmed you, please go in' },
  granted_rider: { zh: '骑手您好，请进', en: 'Welcome, rider' },
  malformed_code: {
    zh: '无法识别此码，请出示通行证页面上的通行码',
    en: 'This is not a courier code: please show the code on your pass page',
  },
  unknown_key: {
    zh: '通行码版本无法识别，请刷新通行证页面后重试',
    en: 'The code was made with a key that is not known here: refresh your pass page and try again',
  },
  bad_signature: {
    zh: '通行码无效，请刷新通行证页面后重试',
    en: 'The code is not genuine: refresh your pass page and try again',
  },
  wrong_community: {
    zh: '这是另一个小区的通行码，请切换到本小区的通行证',
    en: 'This code is for another community: switch to your pass for this one',
  },
  code_not_yet_valid: {
    zh: '通行码尚未生效，请检查手机时间或刷新页面后重试',
    en: 'The code is not valid yet: check the time of your phone or refresh the page, and try again',
  },
  code_expired: {
    zh: '通行码已过期，请刷新页面后出示新码',
    en: 'The code has expired: refresh the page and show the new one',
  },
  wrong_gate: {
    zh: '此码不能从这里进入，请查看通行证页面上的骑手入口',
    en: 'This code does not open this gate for entry: see your pass page for the gates that riders use',
  },
  community_lockdown: {
    zh: '小区暂时封闭，请联系保安或在门口交接',
    en: 'The community is locked down: ask the guard, or hand over at the gate',
  },
  gate_closed: {
    zh: '此门暂停使用，请走其他门',
    en: 'This gate is closed for now: please use another one',
  },
  unknown_pass: {
    zh: '找不到此通行证，请重新打开通行证页面，或联系保安',
    en: 'The pass is not known here: open your pass page again, or ask the guard',
  },
  rider_blocked: {
    zh: '物业已暂停您的通行，请联系物业',
    en: 'The property manager has blocked your entry: please contact the property office',
  },
  rider_suspended: {
    zh: '您的通行暂停中，可在通行证页面查看期限并申诉',
    en: 'Your entry is suspended: your pass page says until when, and lets you appeal',
  },
  delivery_not_active: {
    zh: '没有进行中的订单，请在平台确认订单状态后重试',
    en: 'You have no live delivery here: check the order in your platform’s app and try again',
  },
  outside_hours: {
    zh: '现在不在骑手通行时段，请联系保安或在门口交接',
    en: 'Riders may not enter at this hour: ask the guard, or hand over at the gate',
  },
  platform_not_allowed: {
    zh: '本小区未开放您的平台，请联系保安登记',
    en: 'Your platform is not admitted here: ask the guard to register you',
  },
  vehicle_not_allowed: {
    zh: '您的车辆不能从此门驶入，请停在门外并联系保安步行进入',
    en: 'Your vehicle may not ride in here: park outside and ask the guard to let you walk in',
  },
  code_used: {
    zh: '此码已用过，请刷新页面后出示新码',
    en: 'This code has been used: refresh the page and show the new one',
  },
  already_inside: {
    zh: '记录显示您已在小区内，请稍候一分钟再试，或联系保安',
    en: 'You are already inside by our record: wait a minute and try again, or ask the guard',
  },
  entries_exhausted: {
    zh: '本单进入次数已用完，请联系保安',
    en: 'The entries of your deliveries are used up: ask the guard',
  },
  capacity_reached: {
    zh: '小区内骑手已满，请等一位骑手离开后重试',
    en: 'As many riders are inside as may be: wait until one leaves and try again',
  },
  guard_confirmation_required: {
    zh: '请等待保安确认',
    en: 'Please wait for the guard to confirm you',
  },
};

/** Where no code was shown and the gate's tag was tapped: on the phone, not on the gate's display. */
const TAP_MESSAGES: Readonly<Partial<Record<Reason, Bilingual>>> = {
  malformed_code: {
    zh: '读取标签不完整，请再碰一次门上的标签',
    en: 'The tag was not read to its end: tap it once more',
  },
  unknown_key: {
    zh: '此标签已停用，请出示通行码，或联系保安',
    en: 'This tag is out of use: show your code, or ask the guard',
  },
  bad_signature: {
    zh: '标签校验未通过，请再碰一次，或出示通行码',
    en: 'The tag did not prove itself: tap it once more, or show your code',
  },
  unknown_pass: {
    zh: '您没有本小区的通行证，请在平台确认订单，或联系保安',
    en: 'You have no pass for this community: check the order in your platform’s app, or ask the guard',
  },
  code_used: {
    zh: '这次碰触已用过，请再碰一次门上的标签',
    en: 'This tap has been used: tap the tag once more',
  },
};

/**
 * What a rider is told: a sentence in Chinese and one in English, the same for the same reason.
 * @param source how it came to the decision: a tap has no code to show again
 */
export function messageFor(reason: Reason, source?: DecisionRecord['source']): Bilingual {
  return (source === 'tap' ? TAP_MESSAGES[reason] : undefined) ?? MESSAGES[reason];
}

/** What a rider is told where a gate without network cannot judge: nothing is wrong with the pass. */
export const CANNOT_JUDGE_MESSAGE: Bilingual = {
  zh: '闸机暂时无法验证，请联系保安',
  en: 'This gate cannot check codes just now: please ask the guard',
};

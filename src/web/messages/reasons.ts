import type { AlertKind } from '../../domain/alert.ts';
import type { Bilingual, Reason } from '../../domain/reason.ts';

/** What a reason is called in lists: a few words, while the sentence for the rider says what to do. */
export const REASON_NAMES: Readonly<Record<Reason, Bilingual>> = {
  granted: { zh: '有单放行', en: 'Let in with a live order' },
  granted_rescan: { zh: '再开一次', en: 'Opened once more' },
  granted_exit: { zh: '出门', en: 'Left' },
  granted_open: { zh: '开放时段放行', en: 'Let in while open to all' },
  granted_by_guard: { zh: '保安放行', en: 'Let in by the guard' },
  granted_rider: { zh: '驿站放行', en: 'Let in as a rider' },
  malformed_code: { zh: '不是通行码', en: 'Not a courier code' },
  unknown_key: { zh: '密钥不认识', en: 'Key not known' },
  bad_signature: { zh: '伪造的码', en: 'Forged code' },
  wrong_community: { zh: '别的小区的码', en: 'Code for elsewhere' },
  code_not_yet_valid: { zh: '码未生效', en: 'Code not valid yet' },
  code_expired: { zh: '码已过期', en: 'Code expired' },
  wrong_gate: { zh: '走错门', en: 'Wrong gate' },
  community_lockdown: { zh: '小区封闭', en: 'Community locked down' },
  gate_closed: { zh: '门已关闭', en: 'Gate closed' },
  unknown_pass: { zh: '通行证不存在', en: 'Pass not known' },
  rider_blocked: { zh: '已被禁止', en: 'Courier blocked' },
  rider_suspended: { zh: '暂停通行', en: 'Courier suspended' },
  delivery_not_active: { zh: '没有在送的单', en: 'No live order' },
  outside_hours: { zh: '不在通行时间', en: 'Outside hours' },
  platform_not_allowed: { zh: '平台不允许', en: 'Platform not allowed' },
  vehicle_not_allowed: { zh: '车辆不允许', en: 'Vehicle not allowed' },
  code_used: { zh: '码已用过', en: 'Code used before' },
  already_inside: { zh: '已在小区内', en: 'Inside already' },
  entries_exhausted: { zh: '次数用完', en: 'Entries used up' },
  capacity_reached: { zh: '人数已满', en: 'Full' },
  guard_confirmation_required: { zh: '等保安确认', en: 'Needs the guard' },
};

/** What an alert is called, and what a manager does about it. */
export const ALERT_NAMES: Readonly<Record<AlertKind, Bilingual>> &
  Readonly<Record<string, Bilingual>> = {
  gate_offline: { zh: '门离线', en: 'Gate offline' },
  gate_clock_skew: { zh: '门的时钟不准', en: 'Gate clock wrong' },
  gate_event_gap: { zh: '门的记录有缺口', en: 'Gap in the gate’s log' },
  gate_queue_high: { zh: '门的记录快存满', en: 'Gate’s log nearly full' },
  offline_conflict: { zh: '离线放行有冲突', en: 'Offline decision conflicts' },
  gate_event_conflict: { zh: '门的记录前后不一', en: 'Gate’s log contradicts itself' },
  door_forced: { zh: '门被强行打开', en: 'Door forced' },
  tamper: { zh: '设备被拆动', en: 'Device tampered with' },
  granted_no_entry: { zh: '放行后没有进门', en: 'Let in, nobody entered' },
  unrecognised_code_at_exit: { zh: '出门码无法识别', en: 'Unknown code at exit' },
  exit_without_visit: { zh: '出门但没有进门记录', en: 'Exit without an entry' },
  code_replayed: { zh: '同一个码被再次出示', en: 'Code shown twice' },
  speeding: { zh: '超速', en: 'Speeding' },
  overstay: { zh: '停留太久', en: 'Stayed too long' },
  forged_code: { zh: '连续出现伪造的码', en: 'Burst of forged codes' },
  audit_mismatch: { zh: '数据与审计日志不符', en: 'Tables differ from the audit log' },
};

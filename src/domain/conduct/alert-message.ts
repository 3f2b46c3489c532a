import type { AlertKind } from '../alert.ts';
import type { SpeedLevel } from '../entry-rules.ts';
import type { Bilingual } from '../reason.ts';

/** What an alert says to people, whoever they are: the facts, in one sentence. */
export interface AlertFacts {
  readonly kind: AlertKind;
  readonly level?: SpeedLevel | undefined;
  readonly peakKmh?: number | undefined;
  readonly limitKmh?: number | undefined;
  readonly zoneName?: string | undefined;
}

const KINDS: Readonly<Record<AlertKind, Bilingual>> = {
  gate_offline: { zh: '门禁失联', en: 'A gate does not answer' },
  gate_clock_skew: { zh: '门禁时钟不准', en: 'A gate’s clock is wrong' },
  gate_event_gap: { zh: '门禁记录缺失', en: 'Events of a gate are missing' },
  gate_queue_high: { zh: '门禁存储将满', en: 'A gate’s log is nearly full' },
  offline_conflict: {
    zh: '离线放行与平台判断不一致',
    en: 'A gate without network decided otherwise than the service would have',
  },
  gate_event_conflict: { zh: '门禁记录互相矛盾', en: 'A gate sent two different events as one' },
  door_forced: { zh: '门被强行打开', en: 'A door was forced' },
  tamper: { zh: '设备被拆动', en: 'A device was tampered with' },
  granted_no_entry: { zh: '已放行但无人进入', en: 'A gate opened and nobody went in' },
  unrecognised_code_at_exit: {
    zh: '离开时出示的码无法识别',
    en: 'A code that is not recognised was shown at an exit',
  },
  exit_without_visit: { zh: '没有入场记录的离开', en: 'An exit without a visit' },
  code_replayed: { zh: '通行码被重复使用', en: 'A code was used again' },
  forged_code: { zh: '连续出现伪造的通行码', en: 'A burst of forged codes' },
  audit_mismatch: {
    zh: '数据与审计日志不符',
    en: 'What the tables show is not what the audit log tells',
  },
  speeding: { zh: '超速', en: 'Speeding' },
  overstay: { zh: '停留超时', en: 'A visit lasts too long' },
};

const LEVELS: Readonly<Record<SpeedLevel, Bilingual>> = {
  notice: { zh: '提醒', en: 'notice' },
  warning: { zh: '警告', en: 'warning' },
  serious: { zh: '严重', en: 'serious' },
};

/** One sentence about an alert, for managers and for the rider alike. */
export function alertMessage({ kind, level, peakKmh, limitKmh, zoneName }: AlertFacts): Bilingual {
  const { zh, en } = KINDS[kind];
  if (kind !== 'speeding' || peakKmh === undefined || limitKmh === undefined) return { zh, en };
  const place = zoneName === undefined ? { zh: '', en: '' } : { zh: zoneName, en: `${zoneName}, ` };
  const peak = formatKmh(peakKmh);
  const limit = formatKmh(limitKmh);
  const grade = level === undefined ? null : LEVELS[level];
  return {
    zh: `${place.zh}超速${grade === null ? '' : `（${grade.zh}）`}：最高 ${peak} km/h，限速 ${limit} km/h`,
    en: `${place.en}speeding${grade === null ? '' : ` (${grade.en})`}: up to ${peak} km/h, limit ${limit} km/h`,
  };
}

/** A speed to one decimal place, without an idle zero. */
export function formatKmh(kmh: number): string {
  return String(Math.round(kmh * 10) / 10);
}

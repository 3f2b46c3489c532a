import type { Community } from './community.ts';
import type { Vehicle } from './delivery.ts';
import { type EntryRules, type Hours, WEEKDAYS, type Weekday } from './entry-rules.ts';
import type { Gate } from './gate.ts';
import { DWELL_PER_FURTHER_ORDER_MINUTES } from './pass.ts';
import type { Bilingual } from './reason.ts';

export type GuideTopic = 'hours' | 'gates' | 'vehicles' | 'speed' | 'dwell' | 'notes';

/** One part of the entry guide: a heading and whole sentences. */
export interface GuideSection {
  readonly topic: GuideTopic;
  readonly title: Bilingual;
  readonly lines: readonly Bilingual[];
}

type GuideGate = Pick<Gate, 'id' | 'name' | 'directions'>;

/**
 * The rules as a rider reads them before the first ride there: when, through which gate, on what, how fast, how
 * long, and what else. Every section has at least one line, and the order is always this one.
 * @param gates the gates of the community; those without an entry reader are left out
 * @param zoneNames of its zones, by their ids
 */
export function entryGuide(
  rules: EntryRules,
  community: Pick<Community, 'kind' | 'timezone'>,
  gates: readonly GuideGate[],
  zoneNames: ReadonlyMap<string, string> = new Map(),
): GuideSection[] {
  const entrances = gates.filter(({ directions }) => directions.includes('in'));
  return [
    section('hours', '通行时间', 'Hours', hoursLines(rules.hours, community.timezone)),
    section('gates', '从哪里进', 'Which gate', gateLines(rules, entrances)),
    section('vehicles', '车辆与停放', 'Vehicles and parking', vehicleLines(rules, entrances)),
    section('speed', '限速', 'How fast', speedLines(rules, zoneNames)),
    section('dwell', '停留', 'How long', dwellLines(rules)),
    section('notes', '须知', 'Good to know', noteLines(rules, community)),
  ];
}

function section(
  topic: GuideTopic,
  zh: string,
  en: string,
  lines: readonly Bilingual[],
): GuideSection {
  return { topic, title: { zh, en }, lines };
}

function hoursLines(hours: readonly Hours[], timezone: string): Bilingual[] {
  if (hours.length === 0) return [{ zh: '每天全天可进', en: 'Any hour, every day' }];
  const zone = { zh: `以当地时间为准（${timezone}）`, en: `By local time (${timezone})` };
  return [...hours.map(hoursText), zone];
}

function hoursText({ days, from, to }: Hours): Bilingual {
  const overnight = to < from;
  return {
    zh: `${daysText(days, DAY_NAMES.zh, '至', '、', '每天')} ${from}–${overnight ? '次日' : ''}${to}`,
    en: `${daysText(days, DAY_NAMES.en, '–', ', ', 'Every day')} ${from}–${to}${overnight ? ' the next day' : ''}`,
  };
}

const DAY_NAMES = {
  zh: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
} as const;

/** Days as runs: `Mon–Fri, Sun`. */
function daysText(
  days: readonly Weekday[],
  names: readonly string[],
  to: string,
  and: string,
  all: string,
): string {
  if (WEEKDAYS.every((day) => days.includes(day))) return all;
  const runs: { first: number; last: number }[] = [];
  for (const [index, day] of WEEKDAYS.entries()) {
    if (!days.includes(day)) continue;
    const run = runs.at(-1);
    if (run !== undefined && run.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs
    .map(({ first, last }) =>
      first === last ? `${names[first]}` : `${names[first]}${to}${names[last]}`,
    )
    .join(and);
}

function gateLines({ gates }: EntryRules, entrances: readonly GuideGate[]): Bilingual[] {
  const used = entrances.filter(
    ({ id }) => gates === 'all' || gates.some(({ gateId }) => gateId === id),
  );
  if (used.length > 0) return used.map(({ name }) => ({ zh: name, en: name }));
  return gates === 'all'
    ? [{ zh: '任一入口', en: 'Any entrance' }]
    : [{ zh: '请向保安询问骑手入口', en: 'Ask the guard which gate riders use' }];
}

const VEHICLE_NAMES: Readonly<Record<Vehicle, Bilingual>> = {
  foot: { zh: '步行', en: 'on foot' },
  bicycle: { zh: '自行车', en: 'bicycle' },
  'e-bike': { zh: '电动自行车', en: 'e-bike' },
  motorcycle: { zh: '摩托车', en: 'motorcycle' },
  van: { zh: '厢式货车', en: 'van' },
};

function vehicleLines(rules: EntryRules, entrances: readonly GuideGate[]): Bilingual[] {
  const allowed = vehicleNames(rules.vehicles);
  return [
    { zh: `可以进入：${allowed.zh}`, en: `May enter: ${allowed.en}` },
    ...ownVehicleLines(rules.gates, entrances),
    {
      zh: '其他车辆请停在门外不挡路处，再联系保安步行进入',
      en: 'Park anything else outside, clear of the way, and ask the guard to let you walk in',
    },
  ];
}

/** Gates that name vehicles of their own. */
function ownVehicleLines(gates: EntryRules['gates'], entrances: readonly GuideGate[]): Bilingual[] {
  if (gates === 'all') return [];
  return gates.flatMap(({ gateId, vehicles }) => {
    const gate = entrances.find(({ id }) => id === gateId);
    if (gate === undefined || vehicles === undefined) return [];
    const allowed = vehicleNames(vehicles);
    return [{ zh: `${gate.name}：${allowed.zh}`, en: `${gate.name}: ${allowed.en}` }];
  });
}

function vehicleNames(vehicles: readonly Vehicle[]): Bilingual {
  return {
    zh: vehicles.map((vehicle) => VEHICLE_NAMES[vehicle].zh).join('、'),
    en: vehicles.map((vehicle) => VEHICLE_NAMES[vehicle].en).join(', '),
  };
}

function speedLines(
  { speedLimitKmh, zoneSpeedLimits }: EntryRules,
  zoneNames: ReadonlyMap<string, string>,
): Bilingual[] {
  return [
    {
      zh: `小区内限速 ${speedLimitKmh} 公里/小时`,
      en: `At most ${speedLimitKmh} km/h inside`,
    },
    ...zoneSpeedLimits.map(({ zoneId, speedLimitKmh: limit }) => {
      const name = zoneNames.get(zoneId) ?? zoneId;
      return { zh: `${name}限速 ${limit} 公里/小时`, en: `${name}: at most ${limit} km/h` };
    }),
    {
      zh: '超速只记文明分，不罚款，可以申诉',
      en: 'Speeding costs conduct points, never money, and you can appeal',
    },
  ];
}

function dwellLines(rules: EntryRules): Bilingual[] {
  const { maxDwellMinutes, maxEntriesPerDelivery } = rules;
  const further = DWELL_PER_FURTHER_ORDER_MINUTES;
  return [
    {
      zh: `最多停留 ${maxDwellMinutes} 分钟，每多一单加 ${further} 分钟`,
      en: `At most ${maxDwellMinutes} minutes, and ${further} more for each further order`,
    },
    {
      zh: `每单最多进入 ${maxEntriesPerDelivery} 次`,
      en: `At most ${maxEntriesPerDelivery} entries for each order`,
    },
  ];
}

function noteLines(rules: EntryRules, { kind }: Pick<Community, 'kind'>): Bilingual[] {
  return [
    kind === 'station'
      ? { zh: '无需订单，已认证骑手即可进入', en: 'No order needed: any known rider may come in' }
      : { zh: '有进行中的订单才能进入', en: 'You need a live order to come in' },
    ...platformLines(rules.platforms),
    ...confirmationLines(rules.guardConfirmation),
    ...(rules.capacity === null ? [] : [capacityLine(rules.capacity)]),
    { zh: '离开不受限制，请在出口扫码', en: 'You can always leave; please scan at the exit' },
  ];
}

function platformLines({ mode, slugs }: EntryRules['platforms']): Bilingual[] {
  if (mode === 'any' || slugs.length === 0) return [];
  return mode === 'only'
    ? [{ zh: `仅限平台：${slugs.join('、')}`, en: `Only these platforms: ${slugs.join(', ')}` }]
    : [{ zh: `不含平台：${slugs.join('、')}`, en: `Not these platforms: ${slugs.join(', ')}` }];
}

function confirmationLines(rule: EntryRules['guardConfirmation']): Bilingual[] {
  if (rule === null) return [];
  const vehicles = vehicleNames(rule.vehicles);
  return [
    ...rule.hours.map(hoursText).map(({ zh, en }) => ({
      zh: `${zh} 需保安确认`,
      en: `${en}: the guard confirms each entry`,
    })),
    ...(rule.vehicles.length === 0
      ? []
      : [{ zh: `${vehicles.zh} 需保安确认`, en: `${vehicles.en}: the guard confirms each entry` }]),
    ...(rule.conductPoints === null
      ? []
      : [
          {
            zh: `文明分被扣满 ${rule.conductPoints} 分后需保安确认`,
            en: `From ${rule.conductPoints} conduct points lost the guard confirms each entry`,
          },
        ]),
  ];
}

function capacityLine(capacity: number): Bilingual {
  return {
    zh: `同时最多 ${capacity} 位骑手在内`,
    en: `At most ${capacity} riders inside at once`,
  };
}

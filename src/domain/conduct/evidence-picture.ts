/** A speed alert's evidence as a picture: what was measured over time, with its error, against the limit. */
import type { Millis } from '../clock.ts';
import { formatKmh } from './alert-message.ts';

/** What is drawn. Readings are in the order of time. */
export interface PicturedEvidence {
  readonly limitKmh: number;
  readonly marginKmh: number;
  readonly peakKmh: number;
  readonly zoneName: string | null;
  readonly readings: readonly {
    readonly at: Millis;
    readonly speedKmh: number;
    readonly accuracyKmh: number | null;
    readonly limitKmh: number;
  }[];
  /** The episode. */
  readonly startedAt: Millis;
  readonly endedAt: Millis | null;
  /** An IANA name. */
  readonly timezone: string;
}

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 16;
const TOP = 44;
const BOTTOM = 48;
/** A single instant is shown in the middle of so much time. */
const LEAST_SPAN_MS = 2_000;
const GRID_STEPS = [5, 10, 20, 50, 100] as const;

/** Where instants and speeds lie, in user units. */
interface Scale {
  readonly from: Millis;
  readonly to: Millis;
  readonly topKmh: number;
  x(at: Millis): number;
  y(kmh: number): number;
}

/**
 * Draws the evidence as an SVG document of its own: no script, no reference outside itself, nothing of who rode.
 * @see SVG 2
 */
export function drawEvidence(evidence: PicturedEvidence): string {
  const scale = scaleOf(evidence);
  const { limitKmh, marginKmh, peakKmh, zoneName } = evidence;
  const zh = `${zoneName ?? ''}速度与限速：最高 ${formatKmh(peakKmh)} km/h，限速 ${formatKmh(limitKmh)} km/h，容差 ${formatKmh(marginKmh)} km/h`;
  const en = `Speed against the limit: up to ${formatKmh(peakKmh)} km/h, limit ${formatKmh(limitKmh)} km/h, margin ${formatKmh(marginKmh)} km/h`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(`${zh} / ${en}`)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text({ x: LEFT, y: 18, size: 13 }, zh),
    text({ x: LEFT, y: 34, size: 11, fill: '#555' }, en),
    ...grid(scale),
    ...episode(evidence, scale),
    ...limits(evidence, scale),
    ...measured(evidence, scale),
    ...times(evidence, scale),
    '</svg>',
  ].join('\n');
}

function scaleOf({ readings, startedAt, endedAt, limitKmh, peakKmh }: PicturedEvidence): Scale {
  const instants = [startedAt, endedAt ?? startedAt, ...readings.map(({ at }) => at)];
  const first = Math.min(...instants);
  const last = Math.max(...instants);
  const pad = Math.max(0, LEAST_SPAN_MS - (last - first)) / 2;
  const from = first - pad;
  const to = last + pad;
  const highest = readings.map(({ speedKmh, accuracyKmh, limitKmh: limit }) =>
    Math.max(speedKmh + (accuracyKmh ?? 0), limit),
  );
  const topKmh = Math.max(10, 1.4 * limitKmh, 1.1 * peakKmh, ...highest.map((kmh) => 1.1 * kmh));
  return {
    from,
    to,
    topKmh,
    x: (at) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT),
    y: (kmh) => HEIGHT - BOTTOM - (kmh / topKmh) * (HEIGHT - TOP - BOTTOM),
  };
}

function grid({ topKmh, y }: Scale): string[] {
  const step = GRID_STEPS.find((each) => topKmh / each <= 8) ?? 100;
  const lines: string[] = [];
  for (let kmh = 0; kmh <= topKmh; kmh += step) {
    lines.push(line([LEFT, y(kmh)], [WIDTH - RIGHT, y(kmh)], 'stroke="#ddd"'));
    lines.push(text({ x: LEFT - 6, y: y(kmh) + 4, anchor: 'end', fill: '#555' }, String(kmh)));
  }
  return [...lines, text({ x: 6, y: TOP - 2, size: 11, fill: '#555' }, 'km/h')];
}

/** The time of the episode, shaded. */
function episode({ startedAt, endedAt }: PicturedEvidence, { x, to }: Scale): string[] {
  const left = x(startedAt);
  const width = Math.max(2, x(endedAt ?? to) - left);
  return [
    `<rect x="${units(left)}" y="${TOP}" width="${units(width)}" height="${HEIGHT - TOP - BOTTOM}" fill="#c00" fill-opacity="0.07"/>`,
  ];
}

/** The limit as it was at each reading, and how much above it nobody speaks of. */
function limits({ readings, limitKmh, marginKmh }: PicturedEvidence, scale: Scale): string[] {
  const { from, to, x, y } = scale;
  const points: string[] = [];
  let before = readings[0]?.limitKmh ?? limitKmh;
  points.push(`${units(x(from))},${units(y(before))}`);
  for (const { at, limitKmh: limit } of readings) {
    if (limit === before) continue;
    points.push(`${units(x(at))},${units(y(before))}`, `${units(x(at))},${units(y(limit))}`);
    before = limit;
  }
  points.push(`${units(x(to))},${units(y(before))}`);
  const judged = y(limitKmh + marginKmh);
  return [
    `<polyline class="limit" points="${points.join(' ')}" fill="none" stroke="#c00" stroke-width="2"/>`,
    line([LEFT, judged], [WIDTH - RIGHT, judged], 'stroke="#c00" stroke-dasharray="4 4"'),
  ];
}

function measured({ readings }: PicturedEvidence, { x, y }: Scale): string[] {
  const points = readings.map(({ at, speedKmh }) => `${units(x(at))},${units(y(speedKmh))}`);
  const bars = readings.flatMap(({ at, speedKmh, accuracyKmh }) =>
    accuracyKmh === null
      ? []
      : [
          line(
            [x(at), y(Math.max(0, speedKmh - accuracyKmh))],
            [x(at), y(speedKmh + accuracyKmh)],
            'stroke="#069" stroke-opacity="0.4"',
          ),
        ],
  );
  const dots = readings.map(
    ({ at, speedKmh }) =>
      `<circle class="reading" cx="${units(x(at))}" cy="${units(y(speedKmh))}" r="3" fill="#069"/>`,
  );
  return [
    ...bars,
    `<polyline points="${points.join(' ')}" fill="none" stroke="#069" stroke-width="1.5"/>`,
    ...dots,
  ];
}

function times({ timezone }: PicturedEvidence, { from, to }: Scale): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const y = HEIGHT - BOTTOM + 18;
  return [
    text({ x: LEFT, y, size: 11, fill: '#555' }, format.format(from)),
    text({ x: WIDTH - RIGHT, y, size: 11, fill: '#555', anchor: 'end' }, format.format(to)),
    text(
      { x: LEFT, y: y + 18, size: 11, fill: '#c00' },
      '红线：限速　虚线：限速＋容差 / red: limit, dashed: with margin',
    ),
  ];
}

function line([x1, y1]: [number, number], [x2, y2]: [number, number], style: string): string {
  return `<line x1="${units(x1)}" y1="${units(y1)}" x2="${units(x2)}" y2="${units(y2)}" ${style}/>`;
}

function text(
  at: { x: number; y: number; size?: number; fill?: string; anchor?: 'end' },
  content: string,
): string {
  const { x, y, size = 12, fill = '#222', anchor } = at;
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${units(x)}" y="${units(y)}" font-size="${size}" fill="${fill}"${anchored}>${escaped(content)}</text>`;
}

/** User units to two decimal places. */
function units(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text as XML may hold it. */
function escaped(content: string): string {
  return content
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

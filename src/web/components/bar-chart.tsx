import type { Child } from 'hono/jsx';

export interface Bar {
  readonly label: string;
  readonly good: number;
  readonly bad: number;
}

const WIDTH = 600;
const HEIGHT = 140;
const FOOT = 18;
const GAP = 0.28;

/** Bars of two parts, the good ones below; what they say stands in words as well. */
export function BarChart({
  bars,
  label,
  every,
}: {
  readonly bars: readonly Bar[];
  readonly label: string;
  /** Every so many bars one has its label below. */
  readonly every: number;
}): Child {
  const most = Math.max(1, ...bars.map(({ good, bad }) => good + bad));
  const step = WIDTH / bars.length;
  const width = step * (1 - GAP);
  const scale = (HEIGHT - FOOT) / most;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {bars.map(({ label: name, good, bad }, index) => {
        const x = (index * step + (step * GAP) / 2).toFixed(1);
        const base = HEIGHT - FOOT;
        return (
          <g>
            <title>{`${name}: ${good} / ${bad}`}</title>
            <rect
              class="chart-good"
              x={x}
              y={(base - good * scale).toFixed(1)}
              width={width.toFixed(1)}
              height={(good * scale).toFixed(1)}
            />
            <rect
              class="chart-bad"
              x={x}
              y={(base - (good + bad) * scale).toFixed(1)}
              width={width.toFixed(1)}
              height={(bad * scale).toFixed(1)}
            />
            {index % every === 0 && (
              <text x={(index * step + step / 2).toFixed(1)} y={HEIGHT - 4}>
                {name}
              </text>
            )}
          </g>
        );
      })}
      <line class="chart-base" x1="0" x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
    </svg>
  );
}

import { type DrawnFeature, drawPlan, type Plan } from '../../domain/plan.ts';

/**
 * A plan as a drawing: areas, lines, points, and the names of buildings, gates and parking.
 * @param here names of buildings that stand out
 */
export function PlanDrawing({
  plan,
  label,
  here = [],
}: {
  readonly plan: Plan;
  readonly label: string;
  readonly here?: readonly string[];
}) {
  const drawing = drawPlan(plan);
  if (drawing === null) return null;
  const { width, height, features } = drawing;
  const unit = Math.max(width, height) / 100;
  return (
    <svg class="plan" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {features.map((feature) => (
        <g class={isHere(feature, here) ? 'plan-here' : `plan-${feature.kind}`}>
          <title>{feature.name}</title>
          <Shape feature={feature} unit={unit} />
        </g>
      ))}
      {features.map((feature) => (
        <text
          class={`plan-name plan-name-${isHere(feature, here) ? 'here' : feature.kind}`}
          x={feature.centre.x}
          y={feature.shape === 'point' ? feature.centre.y - unit * 1.8 : feature.centre.y}
          font-size={(unit * (here.length > 0 ? 4 : 2.6)).toFixed(1)}
        >
          {feature.name}
        </text>
      ))}
    </svg>
  );
}

/** Buildings are called by a bare number on orders, and often by more on plans: 12, 12#, 12号楼. */
function isHere({ kind, name }: DrawnFeature, here: readonly string[]): boolean {
  const bare = (text: string) => text.replace(/(号?楼|栋|座|#)$/, '').trim();
  return kind === 'building' && here.some((each) => bare(each) === bare(name));
}

function Shape({ feature, unit }: { readonly feature: DrawnFeature; readonly unit: number }) {
  const { shape, lines, centre } = feature;
  if (shape === 'point') return <circle cx={centre.x} cy={centre.y} r={(unit * 1.2).toFixed(1)} />;
  const path = lines
    .map(
      (line) => `M${line.map(({ x, y }) => `${x} ${y}`).join('L')}${shape === 'area' ? 'Z' : ''}`,
    )
    .join('');
  return (
    <path
      d={path}
      stroke-width={(unit * 0.4).toFixed(2)}
      fill-rule="evenodd"
      {...(shape === 'line' && { fill: 'none' })}
    />
  );
}

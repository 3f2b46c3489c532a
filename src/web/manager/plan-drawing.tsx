import { type DrawnFeature, drawPlan, type Plan } from '../../domain/plan.ts';

/** A plan as a drawing: areas, lines, points, and the names of buildings, gates and parking. */
export function PlanDrawing({ plan, label }: { readonly plan: Plan; readonly label: string }) {
  const drawing = drawPlan(plan);
  if (drawing === null) return null;
  const { width, height, features } = drawing;
  const unit = Math.max(width, height) / 100;
  return (
    <svg class="plan" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {features.map((feature) => (
        <g class={`plan-${feature.kind}`}>
          <title>{feature.name}</title>
          <Shape feature={feature} unit={unit} />
        </g>
      ))}
      {features.map(({ kind, name, centre, shape }) => (
        <text
          class={`plan-name plan-name-${kind}`}
          x={centre.x}
          y={shape === 'point' ? centre.y - unit * 1.8 : centre.y}
          font-size={(unit * 2.6).toFixed(1)}
        >
          {name}
        </text>
      ))}
    </svg>
  );
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

/** The first code, drawn before the rest of the page has arrived: nothing else can wait less. */
import { shownPasses, windowsAt } from '../../rider/passes.ts';
import { drawCode, viewBox } from './qr.ts';
import { read, serverNow } from './state.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Draws the code of the pass that presses most. @returns whether there was one */
export function drawFirstCode(root: HTMLElement): boolean {
  const { phase, passes } = read();
  const [pass] = shownPasses(passes);
  if (phase.kind !== 'ready' || pass === undefined) return false;
  const { current } = windowsAt(pass, serverNow());
  if (current === null) return false;
  const heading = document.createElement('h1');
  heading.textContent = pass.community.name;
  root.replaceChildren(
    within(
      'screen',
      within('pass', within('pass-head', heading, within('pass-gates')), codeCard(current.code)),
    ),
  );
  return true;
}

function within(name: string, ...children: readonly Element[]): HTMLElement {
  const element = document.createElement('div');
  element.className = name;
  element.append(...children);
  return element;
}

function codeCard(code: string): HTMLElement {
  const { size, path } = drawCode(code);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'code-symbol');
  svg.setAttribute('viewBox', viewBox(size));
  svg.setAttribute('shape-rendering', 'crispEdges');
  const drawn = document.createElementNS(SVG, 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  const card = within('code');
  card.append(svg);
  return within('pass-code', card);
}

/** Puts the whole page in its place. */
export async function showRest(root: HTMLElement): Promise<void> {
  const { showApp } = await import('./app.tsx');
  showApp(root);
}

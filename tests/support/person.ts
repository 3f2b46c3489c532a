/** A person with a browser: keeps cookies, sends forms from our own pages. */
import type { Answer, Service } from './service.ts';

export interface Person {
  /** What the browser has kept, by name. */
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a form as a page of ours does, unless the headers say otherwise. */
  post(
    path: string,
    members?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Calls the API with the cookies alone, from our own page. */
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Answer>;
}

const OURS = { 'sec-fetch-site': 'same-origin' };

export function newPerson(service: Service): Person {
  const cookies = new Map<string, string>();

  async function send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: unknown,
  ): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await service.call(method, path, {
      headers: { ...(cookie !== '' && { cookie }), 'user-agent': 'Chrome/140 Android', ...headers },
      ...(body !== undefined && { body }),
    });
    for (const line of answer.headers.getSetCookie()) keep(cookies, line);
    return answer;
  }

  return {
    cookies,
    get: (path, headers = {}) => send('GET', path, { 'sec-fetch-site': 'none', ...headers }),
    post: (path, members = {}, headers = {}) => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      return send(
        'POST',
        path,
        { ...OURS, ...type, ...headers },
        `${new URLSearchParams(members)}`,
      );
    },
    call: (method, path, body, headers = {}) => send(method, path, { ...OURS, ...headers }, body),
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const [name = '', ...value] = pair.split('=');
  if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name);
  else cookies.set(name, value.join('='));
}

export const PASSWORD = 'five gates seven riders';
let numbers = 0;

/** A name to sign in with that nobody has yet. */
export const freshName = (): string => `1380000${String(1000 + numbers++)}`;

/** Makes an invitation with the operator's key. @returns its code */
export async function invited(service: Service, role: string, scope: object): Promise<string> {
  const body = { role, scope };
  const made = await service.call('POST', '/v1/invitations', { token: service.operatorKey, body });
  if (made.status !== 201) throw new Error(`no invitation: ${made.status} ${made.text}`);
  return new URL(made.body.url).hash.slice(1);
}

/** A person with an account, signed in. */
export async function newAccount(
  service: Service,
  role: string,
  scope: object,
  signInName: string = freshName(),
): Promise<Person & { readonly signInName: string }> {
  const person = newPerson(service);
  const code = await invited(service, role, scope);
  const members = { code, name: '王师傅', signInName, password: PASSWORD };
  const accepted = await person.post('/invitation/accept', members);
  if (accepted.status !== 303) throw new Error(`no account: ${accepted.status} ${accepted.text}`);
  return { ...person, signInName };
}

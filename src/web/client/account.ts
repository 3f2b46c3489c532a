/** Signing in and accounts: passkeys, and the code in an invitation's link. Everything else works without scripts. */
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';

interface Reply {
  readonly id?: string;
  readonly options?: object;
  readonly location?: string | null;
  readonly error?: string;
}

async function post(path: string, members: Readonly<Record<string, string>>): Promise<Reply> {
  const response = await fetch(path, { method: 'POST', body: new URLSearchParams(members) });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return isJson ? ((await response.json()) as Reply) : {};
}

async function signIn(form: HTMLFormElement): Promise<Reply> {
  const { id, options } = await post('/sign-in/passkey/begin', {});
  if (id === undefined || options === undefined) return {};
  const optionsJSON = options as PublicKeyCredentialRequestOptionsJSON;
  const response = JSON.stringify(await startAuthentication({ optionsJSON }));
  const next = form.dataset['next'] ?? '';
  return post('/sign-in/passkey', { ceremony: id, response, next });
}

async function add(form: HTMLFormElement): Promise<Reply> {
  const members = new FormData(form);
  const password = String(members.get('passkeyPassword'));
  const begun = await post('/m/account/passkeys/begin', { password });
  if (begun.id === undefined || begun.options === undefined) return begun;
  const optionsJSON = begun.options as PublicKeyCredentialCreationOptionsJSON;
  const response = JSON.stringify(await startRegistration({ optionsJSON }));
  const name = String(members.get('passkeyName'));
  return post('/m/account/passkeys', { ceremony: begun.id, response, name });
}

const CEREMONIES = { 'sign-in': signIn, add } as const;

function readyPasskeys(): void {
  if (!browserSupportsWebAuthn()) return;
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
    const run = CEREMONIES[form.dataset['passkey'] as keyof typeof CEREMONIES];
    const problem = form.querySelector<HTMLElement>('[data-passkey-error]');
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (problem !== null) problem.hidden = true;
      const reply = await run(form).catch((): Reply => ({}));
      if (reply.location) return location.assign(reply.location);
      if (problem === null) return;
      problem.textContent = reply.error ?? form.dataset['failed'] ?? '';
      problem.hidden = false;
    });
  }
}

/** The link's fragment is the code: it goes into the form, out of the address bar, and on. */
function readyInvitation(): void {
  const form = document.querySelector<HTMLFormElement>('form[data-invitation]');
  const code = location.hash.slice(1);
  if (form === null || !code.startsWith('cpi_')) return;
  const field = form.elements.namedItem('code');
  if (!(field instanceof HTMLInputElement)) return;
  field.value = code;
  history.replaceState(null, '', location.pathname);
  form.requestSubmit();
}

readyPasskeys();
readyInvitation();

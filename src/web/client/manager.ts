/** Managers' pages: live parts, the preview of a rule, a file into a text, copying. Everything works without it. */

const REST_MS = 400;
const COME_AGAIN_MS = 3_000;

/** Calls once, a moment after the last of several calls. */
function settled(call: () => void, restMs: number): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(call, restMs);
  };
}

/** Takes the live parts of a page over from another that the server has rendered. */
function takeOver(html: string): void {
  const fresh = new DOMParser().parseFromString(html, 'text/html');
  for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const name = part.dataset['live'] ?? '';
    const source = fresh.querySelector(`[data-live="${CSS.escape(name)}"]`);
    // What somebody is using stays as it is.
    if (source !== null && !part.contains(document.activeElement))
      part.replaceChildren(...source.childNodes);
  }
}

/** The overview is read anew whenever something happens, and after each time that the line was lost. */
function readyEvents(): void {
  const line = document.querySelector<HTMLElement>('[data-events]');
  if (line === null) return;
  const path = line.dataset['events'] ?? '';
  const showLive = (isLive: boolean) => {
    line.querySelector<HTMLElement>('.live-on')?.toggleAttribute('hidden', !isLive);
    line.querySelector<HTMLElement>('.live-off')?.toggleAttribute('hidden', isLive);
  };
  async function read(): Promise<void> {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.redirected) return location.reload();
    if (response.ok) takeOver(await response.text());
  }
  const refresh = settled(() => void read().catch(() => showLive(false)), REST_MS);

  function listen(): void {
    const source = new EventSource(path);
    let isFirst = true;
    source.addEventListener('open', () => {
      showLive(true);
      if (!isFirst) refresh();
      isFirst = false;
    });
    for (const type of ['decision', 'alert', 'changed']) source.addEventListener(type, refresh);
    source.addEventListener('error', () => {
      showLive(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // A refusal ends the source for good: a server that starts again refuses for a moment.
      source.close();
      setTimeout(() => {
        refresh();
        listen();
      }, COME_AGAIN_MS);
    });
  }
  listen();
}

/** What the form as it stands would mean, while it is filled in. */
function readyPreview(): void {
  const form = document.querySelector<HTMLFormElement>('form[data-preview]');
  if (form === null) return;
  let asked = 0;
  async function preview(shown: HTMLFormElement): Promise<void> {
    const turn = ++asked;
    const members = new URLSearchParams();
    for (const [name, value] of new FormData(shown))
      if (typeof value === 'string') members.set(name, value);
    const response = await fetch(shown.action, { method: 'POST', body: members });
    if (turn === asked && response.headers.get('content-type')?.includes('html'))
      takeOver(await response.text());
  }
  const refresh = settled(() => void preview(form).catch(() => undefined), REST_MS);
  form.addEventListener('input', refresh);
}

function readyFiles(): void {
  for (const field of document.querySelectorAll<HTMLElement>('[data-file-into]')) {
    const target = document.getElementById(field.dataset['fileInto'] ?? '');
    const input = field.querySelector('input');
    if (!(target instanceof HTMLTextAreaElement) || input === null) continue;
    field.hidden = false;
    input.addEventListener('change', async () => {
      const [file] = input.files ?? [];
      if (file !== undefined) target.value = await file.text();
    });
  }
}

/** What is shown once is taken whole with one touch. */
function readyCopies(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>('input[data-copy]'))
    field.addEventListener('focus', () => field.select());
}

function readyPrint(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
}

readyEvents();
readyPreview();
readyFiles();
readyCopies();
readyPrint();

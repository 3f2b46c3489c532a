/** What every framed page does beyond its forms: dialogs and toasts. Everything works without it. */
const TOAST_MS = 5_000;

function readyDialogs(): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[data-dialog]')) {
    // A dialog that shows what was wrong with its form stays open.
    const isNeeded = dialog.querySelector('[aria-invalid]') !== null;
    dialog.close();
    if (isNeeded) dialog.showModal();
  }
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>('[data-opens]');
    const dialog = opener && document.getElementById(opener.dataset['opens'] ?? '');
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    dialog.showModal();
  });
}

function readyToasts(): void {
  for (const toast of document.querySelectorAll('#toasts > .toast'))
    setTimeout(() => toast.remove(), TOAST_MS);
}

/** A form is sent once, however often its button is pressed. */
function readyForms(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== 'post') return;
    if (form.dataset['sent'] !== undefined) event.preventDefault();
    form.dataset['sent'] = '';
  });
  // A page that comes back from the browser's memory may be sent again.
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form')) delete form.dataset['sent'];
  });
}

readyDialogs();
readyToasts();
readyForms();

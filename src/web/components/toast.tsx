import type { NoticeTone } from './states.tsx';

/** Where short messages appear. One that is given stands there from the start; scripts add more by `toast()`. */
export function Toasts({
  message,
  tone = 'good',
}: {
  readonly message?: string | undefined;
  readonly tone?: NoticeTone;
}) {
  return (
    <div class="toasts" id="toasts" role="status" aria-live="polite">
      {message !== undefined && <p class={`toast toast-${tone}`}>{message}</p>}
    </div>
  );
}

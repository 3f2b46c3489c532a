import { type Column, renderItem } from './columns.ts';
import { type Session, show } from './session.ts';

/** Shows an answer that holds a secret, and says that it is the only time. */
export function showSecrets(session: Session, document: unknown, columns: readonly Column[]): void {
  show(
    session,
    document,
    () => `${renderItem(columns, document)}\nShown this once: keep it now.\n`,
  );
}

/**
 * A witness: somebody else who follows the log and signs that it only grew. Its cosignature stands in the checkpoint
 * from then on, and in receipts that are made with it.
 * @see C2SP tlog-witness, C2SP tlog-cosignature
 */
import type { LogStore } from '../store/log-store.ts';
import { OutboundError, type Post } from './outbound.ts';
import type { Prover } from './proof.ts';
import { openNote, parseNote, signatureLine, type VerifierKey } from './signed-note.ts';
import { hashText } from './tree.ts';

export interface WitnessDeps {
  readonly store: Pick<LogStore, 'latestCheckpoint' | 'putCheckpoint'>;
  readonly prover: Prover;
  readonly post: Post;
  /** The witness's submission prefix. */
  readonly url: URL;
  /** Of type cosignature. */
  readonly key: VerifierKey;
  onCosigned(checkpoint: { readonly size: number; readonly note: string }): void;
}

export interface Witness {
  /** Has the newest checkpoint cosigned where it is not yet. Rejects where that failed; the next call tries again. */
  cosign(): Promise<void>;
}

export function createWitness({ store, prover, post, url, key, onCosigned }: WitnessDeps): Witness {
  /** The size that the witness has cosigned last, as far as is known: it corrects us. */
  let seen = 0;
  const endpoint = new URL('add-checkpoint', url.href.endsWith('/') ? url : `${url.href}/`);

  async function submit(note: string, size: number) {
    const from = Math.min(seen, size);
    const proof = await prover.consistency(from, size);
    const body = [`old ${from}`, ...proof.map(hashText), '', note].join('\n');
    return post(endpoint, body, 'text/plain; charset=utf-8');
  }

  return {
    async cosign() {
      const latest = await store.latestCheckpoint();
      if (latest === null || isCosigned(latest.note, key)) return;
      let answer = await submit(latest.note, latest.size);
      const held = answer.status === 409 ? sizeIn(answer.body) : null;
      if (held !== null) {
        if (held > latest.size)
          throw new OutboundError(`the witness has seen ${held} entries of this log`);
        seen = held;
        answer = await submit(latest.note, latest.size);
      }
      if (answer.status !== 200) throw new OutboundError(`the witness answered ${answer.status}`);
      const note = withCosignature(latest.note, answer.body, key);
      seen = latest.size;
      await store.putCheckpoint({ ...latest, note });
      onCosigned({ size: latest.size, note });
    },
  };
}

function isCosigned(note: string, { name, keyId }: VerifierKey): boolean {
  return parseNote(note).signatures.some((each) => each.name === name && each.keyId === keyId);
}

/** Null: no size. */
function sizeIn(body: string): number | null {
  const [, digits] = /^(0|[1-9]\d{0,15})\n?$/.exec(body) ?? [];
  return digits === undefined ? null : Number(digits);
}

/**
 * The checkpoint with the witness's line below those that it has; lines of others are left out.
 * @throws NoteError when the witness's line is missing or wrong
 */
function withCosignature(note: string, lines: string, key: VerifierKey): string {
  const { text } = parseNote(note);
  const { signatures } = openNote(`${text}\n${lines}`, [key]);
  const own = signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  return (
    note +
    own
      .slice(0, 1)
      .map(({ bytes }) => signatureLine(key, bytes))
      .join('')
  );
}

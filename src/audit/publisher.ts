/** Takes checkpoints to where others remember them: a file, a webhook. The newest counts; those between may be left out. */
import type { Millis } from '../domain/clock.ts';
import { appendCheckpoint } from './checkpoint-file.ts';
import { OutboundError, type Post } from './outbound.ts';

export interface PublisherDeps {
  /** Null: none. */
  readonly file: string | null;
  readonly webhookUrl: URL | null;
  readonly post: Post;
  now(): Millis;
}

export interface Publisher {
  offer(checkpoint: { readonly size: number; readonly note: string }): void;
  /** Publishes what was offered last, wherever it is not yet. Rejects where that failed; the next call tries again. */
  publish(): Promise<void>;
}

type Target = (note: string) => Promise<void>;

export function createPublisher(deps: PublisherDeps): Publisher {
  const { file, webhookUrl, post, now } = deps;
  let newest: { readonly size: number; readonly note: string } | null = null;
  const targets: { take: Target; published: string | null }[] = [];
  if (file !== null)
    targets.push({ take: (note) => appendCheckpoint(file, note, now()), published: null });
  if (webhookUrl !== null)
    targets.push({ take: (note) => send(post, webhookUrl, note), published: null });

  return {
    offer(checkpoint) {
      if (newest === null || checkpoint.size >= newest.size) newest = checkpoint;
    },

    async publish() {
      const note = newest?.note;
      if (note === undefined) return;
      const failures: unknown[] = [];
      for (const target of targets.filter(({ published }) => published !== note)) {
        try {
          await target.take(note);
          target.published = note;
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0)
        throw new AggregateError(failures, 'a checkpoint was not published everywhere');
    },
  };
}

async function send(post: Post, url: URL, note: string): Promise<void> {
  const { status } = await post(url, note, 'text/plain; charset=utf-8');
  if (status < 200 || status > 299) throw new OutboundError(`the webhook answered ${status}`);
}

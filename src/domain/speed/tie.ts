/** What tells whose a radar's reading is. */
import { type Millis, SECOND_MS } from '../clock.ts';

/** A reading belongs to the scan of the same lane that is at most this far away in time. */
export const TIED_WITHIN_MS: Millis = 5 * SECOND_MS;

/** A number plate as it is compared: `川A·D12345` and `川 a-d12345` are one. */
export function normalPlate(plate: string): string {
  return plate
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Lets the phone buzz, where it can and the page has been touched: browsers ask for that. */
export function buzz(pattern: readonly number[]): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([...pattern]);
}

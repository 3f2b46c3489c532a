/** Keeps the screen on while the page is looked at. Where the browser cannot, nothing happens. */
export function keepScreenOn(): void {
  const hold = async () => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      await navigator.wakeLock.request('screen');
    } catch {
      // refused, for instance when the battery is low
    }
  };
  document.addEventListener('visibilitychange', () => void hold());
  void hold();
}

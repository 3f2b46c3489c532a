/** A contact under the cover of the device: tells that somebody has opened it. */
export interface TamperSwitch {
  onOpened(listener: () => void): void;
}

export const noTamperSwitch: TamperSwitch = { onOpened: () => undefined };

/** The cover comes off each time that this process gets SIGUSR2. */
export const tamperSignal: TamperSwitch = {
  onOpened: (listener) => {
    process.on('SIGUSR2', listener);
  },
};

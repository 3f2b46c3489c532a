/** A file that pages refer to, by the name that it has in the sources. */
export type AssetName =
  | 'account.js'
  | 'guard-decoder.js'
  | 'guard.css'
  | 'guard.js'
  | 'zxing_reader.wasm'
  | 'manager.css'
  | 'manager.js'
  | 'app.css'
  | 'rider.css'
  | 'tap.css'
  | 'app.js'
  | 'rider.js'
  | 'tap.js'
  | 'icon.svg'
  | 'icon-192.png'
  | 'icon-512.png'
  | 'icon-maskable-512.png';

/** The built files. */
export interface Assets {
  /** Where a file is served; changes with its content, so it may be kept for ever. */
  url(name: AssetName): string;
  /** Where the files are that a script imports at its start. */
  needs(name: AssetName): readonly string[];
}

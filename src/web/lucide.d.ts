/** One icon a file, so that a page carries those that it shows. @see https://lucide.dev */
declare module 'lucide-static/dist/esm/icons/*.mjs' {
  /** An `svg` element. */
  const icon: string;
  export default icon;
}

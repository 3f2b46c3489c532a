/** Managers' pages: what goes on by itself. Everything works without it. */
export {};

/** How the commands end. */
export const EXIT = {
  /** Granted; enrolled; ran to its end; the swarm saw nothing unexpected. */
  ok: 0,
  /** Denied; the code for enrolment was refused; the swarm saw an error or an unexpected answer. */
  no: 1,
  /** Could not be judged, could not be reached, or the command was not understood. */
  unknown: 2,
} as const;

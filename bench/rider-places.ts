/** How riders ride while their positions are sent: most of them as they should, one in fifty too fast. */
const CALM_KMH = 12;
const FAST_KMH = 26;
const FAST_EACH = 50;
/** As much as a rider's second differs from the one before it. */
const UNEVEN_KMH = 1.5;
/** A rider goes to and fro on so much of the road. */
const ROAD_M = 200;

export interface RiderPlaces {
  /** A rider's next second. */
  next(rider: number): { readonly speedMps: number; readonly along: number };
}

export function newRiderPlaces(riders: number): RiderPlaces {
  const seconds = new Uint32Array(riders);
  const metres = new Float64Array(riders);
  return {
    next(rider) {
      const second = seconds[rider] ?? 0;
      seconds[rider] = second + 1;
      const kmh = rider % FAST_EACH === 0 ? FAST_KMH : CALM_KMH;
      const speedMps = (kmh + UNEVEN_KMH * Math.sin(second + rider)) / 3.6;
      metres[rider] = (metres[rider] ?? 0) + speedMps;
      const round = (metres[rider] ?? 0) % (2 * ROAD_M);
      return { speedMps, along: round < ROAD_M ? round : 2 * ROAD_M - round };
    },
  };
}

import type { DeliveryUpdate, PlatformClient } from '../platform/platform-client.ts';
import { type RiderPass, RiderPhone } from '../platform/rider-phone.ts';
import { isObject, listMember, optionalText } from '../wire/json.ts';
import { ServiceRefusal } from '../wire/service.ts';
import type { City } from './city.ts';

export type OrderUpdate = Omit<DeliveryUpdate, 'riderId'>;

/** A rider of the demo, as one platform knows him, with a phone. */
export class Rider {
  readonly riderId: string;
  readonly #platform: PlatformClient;
  /** Replaced when another platform's link has joined its session to this one. */
  phone: RiderPhone;

  private constructor(platform: PlatformClient, riderId: string, phone: RiderPhone) {
    this.#platform = platform;
    this.riderId = riderId;
    this.phone = phone;
  }

  /** The platform makes a link, the phone opens it. */
  static async signIn(city: City, platform: PlatformClient, riderId: string): Promise<Rider> {
    const { token } = await platform.riderLink(riderId);
    return new Rider(platform, riderId, await RiderPhone.signIn(city.http, city.server, token));
  }

  /** The platform tells the service what has become of one of the rider's orders. */
  update(order: OrderUpdate): Promise<void> {
    return this.#platform.updateDelivery({ ...order, riderId: this.riderId });
  }

  /** The pass that the phone shows first. @throws {Error} when it shows none */
  async pass(codes?: number): Promise<RiderPass> {
    const [newest] = await this.phone.passes(codes === undefined ? {} : { codes });
    if (newest === undefined) throw new Error(`${this.riderId} has no pass`);
    return newest;
  }

  /** The picture of the code on the screen now, drawn by the service. */
  async picture(): Promise<Buffer> {
    return this.phone.qrPicture((await this.pass()).id);
  }

  /** `a picture`, or why the service draws none. */
  async pictureOrWhyNot(passId: string): Promise<string> {
    try {
      await this.phone.qrPicture(passId);
      return 'a picture';
    } catch (error) {
      if (error instanceof ServiceRefusal) return `${error.status} ${error.code}`;
      throw error;
    }
  }
}

/** Signs a rider in who has picked an order up that goes to the community. */
export async function riderWithOrder(
  city: City,
  riderId: string,
  order: Omit<OrderUpdate, 'status'>,
): Promise<Rider> {
  const rider = await Rider.signIn(city, city.kuaisong, riderId);
  await rider.update({ ...order, status: 'picked_up' });
  return rider;
}

/** `platform deliveryId status` of each delivery on a pass, in order. */
export function deliveriesOn({ item }: RiderPass): string[] {
  return listMember(item, 'deliveries')
    .map((each) => ['platform', 'deliveryId', 'status'].map((name) => optionalText(each, name)))
    .map((words) => words.join(' '))
    .sort();
}

/** Where the rider is to go, as his phone shows it and no gate does. */
export function stopsOn({ item }: RiderPass): string[] {
  return listMember(item, 'stops').map((stop) => {
    const floor = isObject(stop) && typeof stop['floor'] === 'number' ? `/${stop['floor']}` : '';
    return `${optionalText(stop, 'building')}-${optionalText(stop, 'unit') ?? ''}${floor}`;
  });
}

/** Why the rider need not ride there at all; `none` when nothing is against it. */
export function refusalOn({ item }: RiderPass): { reason: string; zh: string; en: string } {
  const refusal = isObject(item) ? item['refusal'] : undefined;
  const message = isObject(refusal) ? refusal['message'] : undefined;
  return {
    reason: optionalText(refusal, 'reason') ?? 'none',
    zh: optionalText(message, 'zh') ?? '',
    en: optionalText(message, 'en') ?? '',
  };
}

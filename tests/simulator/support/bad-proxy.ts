import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does with the bytes that come from the server. */
export interface ProxyHabits {
  /** Keeps them so long, and then lets them go at once; null: passes them on. */
  holdMs: number | null;
  /** Ends a connection after so long, whatever goes over it; null: never. */
  cutAfterMs: number | null;
}

/** A proxy between a gate and its service: on the level of bytes, with bad habits. */
export class BadProxy {
  readonly habits: ProxyHabits = { holdMs: null, cutAfterMs: null };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((client) => this.#join(client, connect(Number(port), hostname)));
  }

  static async start(target: string): Promise<BadProxy> {
    const proxy = new BadProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      const { holdMs } = this.habits;
      if (holdMs === null) client.write(chunk);
      else setTimeout(() => client.destroyed || client.write(chunk), holdMs);
    });
    const { cutAfterMs } = this.habits;
    if (cutAfterMs !== null) setTimeout(() => client.destroy(), cutAfterMs);
  }
}

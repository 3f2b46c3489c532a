/** An OpenID provider on this machine: discovery, keys, authorization that says yes, tokens. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who says yes next time: the provider's own number of the person. */
  subject: string;
  /** Where the browser is sent back after saying yes at this address. */
  authorize(url: string): string;
  stop(): Promise<void>;
}

export async function startOidcProvider(): Promise<OidcProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const grants = new Map<string, { subject: string; nonce: string | null }>();
  const provider = { clientId: 'courier-pass', clientSecret: 'a secret', subject: 'person-1' };
  let issuer = '';
  let codes = 0;

  async function answer(request: IncomingMessage): Promise<object | null> {
    const { pathname } = new URL(request.url ?? '/', issuer);
    if (pathname === '/.well-known/openid-configuration') {
      return {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      };
    }
    if (pathname === '/jwks') return { keys: [jwk] };
    const subjectOf = (token: string) => token.replace(/^Bearer at-/, '');
    if (pathname === '/userinfo') {
      const sub = subjectOf(request.headers.authorization ?? '');
      return { sub, name: '李科长', email: `${sub}@district.example.cn`, email_verified: true };
    }
    if (pathname !== '/token') return null;
    let body = '';
    for await (const chunk of request) body += chunk;
    const grant = grants.get(new URLSearchParams(body).get('code') ?? '');
    if (grant === undefined) return null;
    const idToken = await new SignJWT({
      name: '李科长',
      email: `${grant.subject}@district.example.cn`,
      email_verified: true,
      ...(grant.nonce !== null && { nonce: grant.nonce }),
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setSubject(grant.subject)
      .setAudience(provider.clientId)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    return {
      access_token: `at-${grant.subject}`,
      id_token: idToken,
      token_type: 'Bearer',
      expires_in: 300,
    };
  }

  const server: Server = createServer((request, response) => {
    void answer(request).then((value) => {
      response.writeHead(value === null ? 400 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value ?? { error: 'invalid_grant' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(provider, {
    issuer,
    authorize(url: string): string {
      const asked = new URL(url);
      const code = `code-${codes++}`;
      const nonce = asked.searchParams.get('nonce');
      grants.set(code, { subject: provider.subject, nonce });
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', asked.searchParams.get('state') ?? '');
      return back.href;
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}

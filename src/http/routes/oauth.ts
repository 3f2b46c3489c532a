import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { issueGateToken } from '../../access/issue-gate-token.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { PROBLEMS, Problem, type ProblemCode } from '../problem.ts';
import { instantText } from '../schemas/values.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const formSchema = z
  .object({
    grant_type: z.string().openapi({ example: 'client_credentials' }),
    client_id: z.string().optional().openapi({ description: 'The gate’s identifier.' }),
    client_assertion_type: z.string().openapi({ example: ASSERTION_TYPE }),
    client_assertion: z.string().openapi({
      description:
        'A JWT signed ES256 by the gate’s key: `iss` = `sub` = the gate’s identifier, `aud` = the `tokenEndpoint` given at enrolment, `jti` (counts once), `iat`, `exp` (at most 5 minutes away).',
    }),
  })
  .openapi('TokenRequest');

const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds.' }),
    serverTime: instantText,
  })
  .openapi('TokenAnswer');

const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'unsupported_grant_type',
  'temporarily_unavailable',
  'server_error',
] as const;
type OAuthError = (typeof OAUTH_ERRORS)[number];

const errorSchema = z
  .object({
    error: z.enum(OAUTH_ERRORS),
    error_description: z.string(),
    serverTime: instantText,
  })
  .openapi('TokenError', { description: 'RFC 6749 §5.2, and the server’s time.' });

/** What a problem is called here, and its status: what is wrong with a request is 400, whatever it is. */
function nameOf(code: ProblemCode): { readonly name: OAuthError; readonly status: number } {
  const { status } = PROBLEMS[code];
  switch (code) {
    case 'credentials_required':
    case 'too_many_refusals':
      return { name: 'invalid_client', status };
    case 'store_unavailable':
      return { name: 'temporarily_unavailable', status };
    case 'internal_error':
      return { name: 'server_error', status };
    case 'body_too_large':
      return { name: 'invalid_request', status };
    default:
      return { name: 'invalid_request', status: 400 };
  }
}

/** `POST /v1/oauth/token`: gates’ access tokens. @see RFC 6749 §4.4, RFC 7523 §2.2 */
export function registerOauth(api: Api, deps: Deps): void {
  const serverTime = () => formatTime(deps.now());

  /** An error in OAuth's own shape; a gate whose clock is wrong learns the time from it. @see RFC 6749 §5.2 */
  function oauthError(
    error: OAuthError,
    problem: Problem,
    status: number,
    requestId: string,
  ): Response {
    const members = { error, error_description: problem.detail, serverTime: serverTime() };
    const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return jsonResponse(members, status, requestId, { ...challenge, ...problem.headers });
  }

  function writeProblem(problem: Problem, requestId: string): Response {
    const { name, status } = nameOf(problem.code);
    return oauthError(name, withPaths(problem), status, requestId);
  }

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/oauth/token',
      auth: ['nobody'],
      tag: 'Gates',
      summary: 'Get a gate’s access token',
      description:
        'Client credentials with `private_key_jwt`. Errors have OAuth’s shape, `{error, error_description, serverTime}`: a gate whose clock is wrong learns the time from the refusal and tries again.',
      body: { form: formSchema },
      answer: { description: 'A token of 15 minutes.', schema: tokenSchema },
      problems: ['credentials_required', 'too_many_refusals'],
      errors: { schema: errorSchema, nameOf, write: writeProblem },
    },
    async ({ body, c, requestId }) => {
      if (body.grant_type !== 'client_credentials') {
        const problem = new Problem('malformed_request', 'The grant type is client_credentials.');
        return oauthError('unsupported_grant_type', problem, 400, requestId);
      }
      if (body.client_assertion_type !== ASSERTION_TYPE) {
        throw new Problem('malformed_request', `The assertion type is ${ASSERTION_TYPE}.`);
      }
      const clientId = body.client_id ?? null;
      const issued = await issueGateToken(deps, { clientId, assertion: body.client_assertion });
      if (issued.kind === 'refused') {
        throw api.auth.refused(c, new Problem('credentials_required', issued.why));
      }
      return {
        access_token: issued.token,
        token_type: 'Bearer' as const,
        expires_in: issued.expiresInSeconds,
        serverTime: serverTime(),
      };
    },
  );
}

/** OAuth has one sentence for what is wrong: it names the members. */
function withPaths(problem: Problem): Problem {
  if (problem.errors === undefined) return problem;
  const sentences = problem.errors.map(({ path, message }) => `${path}: ${message}`);
  return new Problem(problem.code, sentences.join('; '));
}

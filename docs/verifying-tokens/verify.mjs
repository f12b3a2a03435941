// Verifies an access token of Latchkey with its published keys, and prints its claims.
//
//     npm install jose
//     ISSUER=https://accounts.example.com node verify.mjs < token
//
// ISSUER is the `base_url` of Latchkey, without a slash at its end; AUDIENCE its `token_audience`, where that is set.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const issuer = process.env.ISSUER;
const audience = process.env.AUDIENCE ?? issuer;

// Fetched once and kept for five minutes; a key that it does not know yet is looked for at once.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
  cacheMaxAge: 300_000,
  cooldownDuration: 5_000,
  timeoutDuration: 5_000,
});

// What jose says when it got no keys, or something else instead.
const AWAY = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'];

/**
 * The claims of a good token. Throws errors.JWTExpired for one whose time is over, an error of AWAY or none of jose's when the
 * keys cannot be fetched, another of jose's for all that is no token.
 */
export async function verify(token) {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    // Other tokens of the same keys are no access tokens (RFC 9068).
    typ: 'at+jwt',
    // The key says which of them; a token does not choose one.
    algorithms: ['EdDSA', 'ES256'],
    requiredClaims: ['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'jti', 'roles'],
  });
  return payload;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(await verify(readFileSync(0, 'utf8').trim())));
  } catch (error) {
    const isExpired = error instanceof errors.JWTExpired;
    const isAway = !(error instanceof errors.JOSEError) || AWAY.includes(error.code);
    if (isExpired) console.error('expired: ask for a new one (401)');
    else if (isAway) console.error(`the keys cannot be fetched: ${error.message} (503)`);
    else console.error(`refused: ${error.message} (401)`);
    process.exitCode = 1;
  }
}

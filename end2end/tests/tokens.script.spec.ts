// Access tokens as other services see them: verified by the examples of docs/verifying-tokens from the published keys alone.

import { spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { APIRequestContext, TestInfo } from '@playwright/test';
import { findPython, ROOT } from '../support/programs';
import { expect, test } from '../support/test';
import type { Person } from '../support/person';

// A process for every token.
test.slow();

interface Verdict {
  claims?: { iss: string; aud: string; sub: string; sid: string; iat: number; exp: number; jti: string; roles: string[] };
  complaint: string;
}

/** Asks an example what it thinks of a token. */
type Verifier = (token: string, origin: string, audience?: string) => Promise<Verdict>;

async function ask(command: string[], token: string, origin: string, audience?: string): Promise<Verdict> {
  const env: NodeJS.ProcessEnv = { ...process.env, ISSUER: origin };
  if (audience) env.AUDIENCE = audience;
  const child = spawn(command[0]!, command.slice(1), { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [said, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  child.stdin.end(token);
  const [code] = await once(child, 'close');
  if (code === 0) return { claims: JSON.parse(said), complaint };
  expect(said, 'a refused token has no claims').toBe('');
  expect(complaint).not.toContain('Traceback');
  return { complaint };
}

/** Both examples, as somebody has them who copied them. */
function examples(testInfo: TestInfo): [string, Verifier][] {
  const folder = join(ROOT, 'docs', 'verifying-tokens');
  // Node looks for `jose` beside the file, where somebody who copied it has installed it.
  mkdirSync(testInfo.outputDir, { recursive: true });
  const copy = testInfo.outputPath('verify.mjs');
  copyFileSync(join(folder, 'verify.mjs'), copy);
  return [
    ['PyJWT', (...about) => ask([findPython(), join(folder, 'verify.py')], ...about)],
    ['jose', (...about) => ask([process.execPath, copy], ...about)],
  ];
}

async function signUpByApi(request: APIRequestContext, origin: string, { email, password }: Person) {
  expect((await request.post(`${origin}/users`, { data: { email, password } })).status()).toBe(201);
}

async function signInByApi(request: APIRequestContext, origin: string, { email, password }: Person): Promise<string> {
  const answer = await request.post(`${origin}/auth/login`, { data: { email, password } });
  expect(answer.status()).toBe(200);
  return (await answer.json()).access_token;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());

test('tokens verify with PyJWT and jose from the published keys alone', async ({ person, server, playwright }, testInfo) => {
  const request = await playwright.request.newContext();
  await signUpByApi(request, server.origin, person);
  const token = await signInByApi(request, server.origin, person);
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const forged = { ...decode(claims), roles: ['admin'] };
  const refused = {
    'other claims': `${header}.${encode(forged)}.${signature}`,
    'alg none': `${encode({ ...decode(header), alg: 'none' })}.${encode(forged)}.`,
    'alg HS256': `${encode({ ...decode(header), alg: 'HS256' })}.${claims}.${signature}`,
    'another kid': `${encode({ ...decode(header), kid: 'another' })}.${claims}.${signature}`,
    'a part': token.slice(0, -2),
    nothing: '',
  };
  for (const [name, verify] of examples(testInfo)) {
    await test.step(name, async () => {
      const { claims: read, complaint } = await verify(token, server.origin);
      expect(read, complaint).toMatchObject({ iss: server.origin, aud: server.origin, roles: [] });
      expect(read!.exp - read!.iat).toBe(3600);
      expect(Object.keys(read!).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub']);
      for (const [what, bad] of Object.entries(refused)) {
        expect((await verify(bad, server.origin)).complaint, what).toContain('refused: ');
      }
      expect((await verify(token, server.origin, 'https://other.example')).complaint).toContain('refused: ');
      expect((await verify(token, 'http://127.0.0.1:9')).complaint).toContain('the keys cannot be fetched');
    });
  }
  await request.dispose();
});

test('a key that is revoked is a stranger to PyJWT and jose', async ({ person, ownServer, playwright }, testInfo) => {
  const server = await ownServer({ LATCHKEY_SIGNING_ALGORITHM: 'ES256', LATCHKEY_TOKEN_AUDIENCE: 'https://api.example.com' });
  const request = await playwright.request.newContext();
  await signUpByApi(request, server.origin, person);
  const before = await signInByApi(request, server.origin, person);
  expect(decode(before.split('.')[0]!).alg).toBe('ES256');
  for (const [name, verify] of examples(testInfo)) {
    expect((await verify(before, server.origin, 'https://api.example.com')).claims?.aud, name).toBe('https://api.example.com');
    expect((await verify(before, server.origin)).complaint, `${name}: for another audience`).toContain('refused: ');
  }

  server.run('keys', 'rotate', '--now');
  const after = await signInByApi(request, server.origin, person);
  // The server itself forgets what it knew within seconds.
  await expect
    .poll(async () => (await (await request.get(`${server.origin}/.well-known/jwks.json`)).json()).keys.map((key: { kid: string }) => key.kid))
    .toEqual([decode(after.split('.')[0]!).kid]);
  for (const [name, verify] of examples(testInfo)) {
    expect((await verify(before, server.origin, 'https://api.example.com')).complaint, name).toContain('refused: ');
    expect((await verify(after, server.origin, 'https://api.example.com')).claims?.sub, name).toBeTruthy();
  }
  await request.dispose();
});

test('PyJWT and jose, as the examples use them, take access tokens alone (ASVS 9.1.2, 9.2.1 to 9.2.3)', async ({}, testInfo) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'EdDSA', use: 'sig' };
  const keys = createServer((_, answer) => answer.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: [jwk] })));
  await once(keys.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'EdDSA', kid: 'key', typ: 'at+jwt' };
  const claims = { iss: origin, aud: origin, sub: 'person', sid: 'session', iat: now, exp: now + 3600, jti: 'token', roles: [] };
  const signed = (header: object, claims: object, by = privateKey) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${sign(null, Buffer.from(text), by).toString('base64url')}`;
  };
  const confused = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
  const ownKey = generateKeyPairSync('ed25519');
  const bad: Record<string, [token: string, complaint: string]> = {
    'of another kind': [signed({ ...header, typ: 'JWT' }, claims), 'refused: '],
    'of no kind': [signed({ ...header, typ: undefined }, claims), 'refused: '],
    'that has expired': [signed(header, { ...claims, iat: now - 7200, exp: now - 3600 }), 'expired: '],
    'without an end': [signed(header, { ...claims, exp: undefined }), 'refused: '],
    'without a session': [signed(header, { ...claims, sid: undefined }), 'refused: '],
    'of somebody else': [signed(header, { ...claims, iss: 'https://evil.example' }), 'refused: '],
    'for somebody else': [signed(header, { ...claims, aud: 'https://evil.example' }), 'refused: '],
    'of the public key as a secret': [`${confused}.${createHmac('sha256', jwk.x!).update(confused).digest('base64url')}`, 'refused: '],
    'with its own key': [signed({ ...header, jwk: ownKey.publicKey.export({ format: 'jwk' }) }, claims, ownKey.privateKey), 'refused: '],
    'with an extension that nobody knows': [signed({ ...header, crit: ['x'], x: 1 }, claims), 'refused: '],
  };
  for (const [name, verify] of examples(testInfo)) {
    await test.step(name, async () => {
      expect((await verify(signed(header, claims), origin)).claims?.sub).toBe('person');
      for (const [what, [token, complaint]] of Object.entries(bad)) {
        expect((await verify(token, origin)).complaint, `a token ${what}`).toContain(complaint);
      }
    });
  }
  keys.close();
});

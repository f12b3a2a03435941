// How large is what is fetched: by a browser for a page, the bodies of all it asks for, as brotli sends them, and by an operator,
// the program. What the server does not send that way is counted as brotli at its best would make it. KB are 1,000 bytes.
// docs/performance.md keeps the figures.

import { statSync } from 'node:fs';
import { get } from 'node:http';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import type { Page } from '@playwright/test';
import { findServer } from '../support/programs';
import { hydrated, signUp } from '../support/steps';
import { expect, test } from '../support/test';

const KINDS = ['HTML', 'CSS', 'JS', 'WASM', 'other'] as const;
type Kind = (typeof KINDS)[number];

const LIMITS: Record<string, number> = {
  'sign-in': 120_000,
  'sign-up, before the estimator': 130_000,
  estimator: 700_000,
  dashboard: 120_000,
};

const MOST_BYTES_OF_PROGRAM = 30_000_000;

const isRelease = !findServer().split(sep).includes('debug');

test('pages stay light (ux 53)', async ({ person, anotherBrowser }) => {
  test.slow(); // brotli takes its time over the estimator
  const rows: [string, Record<Kind, number>][] = [];
  const weigh = async (name: string, urls: string[], cookie = '') => {
    const row = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
    for (const { kind, bytes } of await Promise.all(urls.map((url) => fetchSize(url, cookie)))) row[kind] += bytes;
    rows.push([name, row]);
  };

  const landing = await anotherBrowser();
  const landingUrls = requestsOf(landing);
  await landing.goto('/', { waitUntil: 'networkidle' });
  await weigh('landing', landingUrls());

  const signIn = await anotherBrowser();
  const signInUrls = requestsOf(signIn);
  await signIn.goto('/sign-in');
  await hydrated(signIn);
  await weigh('sign-in', signInUrls());

  const signUpPage = await anotherBrowser();
  const signUpUrls = requestsOf(signUpPage);
  await signUpPage.goto('/sign-up');
  await hydrated(signUpPage);
  await signUpPage.getByLabel('Password', { exact: true }).fill(person.password);
  await expect(signUpPage.locator('.meter')).toHaveAttribute('data-score', '4');
  const isEstimator = (url: string) => url.includes('estimator');
  await weigh('sign-up, before the estimator', signUpUrls().filter((url) => !isEstimator(url)));
  await weigh('estimator', signUpUrls().filter(isEstimator));

  const newcomer = await anotherBrowser();
  await signUp(newcomer, person);
  const cookies = await newcomer.context().cookies();
  const dashboard = await anotherBrowser();
  await dashboard.context().addCookies(cookies);
  const dashboardUrls = requestsOf(dashboard);
  await dashboard.goto('/dashboard', { waitUntil: 'networkidle' });
  await weigh('dashboard', dashboardUrls(), cookies.map(({ name, value }) => `${name}=${value}`).join('; '));

  const line = (name: string, cells: string[]) => name.padEnd(31) + cells.map((cell) => cell.padStart(8)).join('');
  const inKb = (bytes: number) => (bytes / 1_000).toFixed(1);
  console.log(line('KB by brotli', [...KINDS, 'all', 'limit']));
  for (const [name, row] of rows) {
    const all = KINDS.reduce((sum, kind) => sum + row[kind], 0);
    const limit = LIMITS[name];
    console.log(line(name, [...KINDS.map((kind) => inKb(row[kind])), inKb(all), limit ? inKb(limit) : '']));
    expect(all, `${name} weighs something`).toBeGreaterThan(0);
    // A debug build is not what people get: its figures are shown, not judged.
    if (limit && isRelease) expect.soft(all, `bytes of ${name}`).toBeLessThanOrEqual(limit);
  }
});

test('the program stays small', () => {
  const size = statSync(findServer()).size;
  console.log(`the program: ${(size / 1e6).toFixed(1)} MB`);
  if (isRelease) expect(size, 'bytes of the program').toBeLessThanOrEqual(MOST_BYTES_OF_PROGRAM);
});

/** Notes what a page and its Workers ask for; answers with the addresses, each once. */
function requestsOf(page: Page): () => string[] {
  const urls = new Set<string>();
  page.context().on('request', (request) => urls.add(request.url()));
  return () => [...urls];
}

/** Not by `fetch`, which unpacks what it gets. */
async function fetchSize(url: string, cookie: string): Promise<{ kind: Kind; bytes: number }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { accept: '*/*', 'accept-encoding': 'br', cookie } }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      const isPacked = answer.headers['content-encoding'] === 'br';
      const packed = isPacked ? body : await promisify(brotliCompress)(body); // 11, the best, is what it does unasked
      resolve({ kind: kindOf(answer.headers['content-type'] ?? ''), bytes: packed.length });
    });
    request.on('error', reject);
  });
}

function kindOf(contentType: string): Kind {
  const kinds: [RegExp, Kind][] = [[/html/, 'HTML'], [/css/, 'CSS'], [/javascript/, 'JS'], [/wasm/, 'WASM']];
  return kinds.find(([pattern]) => pattern.test(contentType))?.[1] ?? 'other';
}

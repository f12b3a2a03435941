// The pictures of the README, in docs/images: the size of a window each.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { PASSWORD } from '../support/person';
import { ROOT } from '../support/programs';
import { endSession, haveAccount, haveAdministrator, haveProven, haveSession } from '../support/requests';
import { settle, test } from './look';

const FOLDER = join(ROOT, 'docs', 'images');
const SAM = { email: 'sam@example.com', password: PASSWORD };

/** What else Sam signs in with. */
const PROGRAMS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
];

test('sign-in', async ({ page }) => {
  await page.goto('/sign-in');
  await keep(page, 'sign-in');
});

test('dashboard', async ({ page, mailbox, ownServer }) => {
  const { origin } = await ownServer();
  await haveProven(page, SAM, mailbox, origin);
  await endSession(page, origin);
  await haveSession(page, SAM, origin);
  await page.goto(`${origin}/dashboard`);
  await keep(page, 'dashboard');
});

test('sessions', async ({ page, ownServer }) => {
  const { origin } = await ownServer();
  await haveAccount(page, SAM, origin);
  await endSession(page, origin);
  for (const program of PROGRAMS) {
    await fetch(`${origin}/api/sign_in`, {
      method: 'POST',
      headers: { 'User-Agent': program },
      body: new URLSearchParams({ identifier: SAM.email, password: SAM.password }),
    });
  }
  await haveSession(page, SAM, origin);
  await page.goto(`${origin}/account/sessions`);
  await keep(page, 'sessions');
});

test('console', async ({ page, ownServer }) => {
  const server = await ownServer();
  server.seed({ users: 240, sessions: 4_000 });
  await haveAdministrator(page, server, SAM);
  await page.goto(`${server.origin}/admin`);
  await keep(page, 'console');
});

async function keep(page: Page, name: string) {
  await settle(page);
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
}

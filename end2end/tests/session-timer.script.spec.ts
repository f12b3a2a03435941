// The warning before a session ends (ux 42, WCAG 2.2.1). The browser's clock is wound on; the server's is not.

import type { Page } from '@playwright/test';
import { OTHER_PASSWORD, type Person } from '../support/person';
import { haveAccount, haveSession } from '../support/requests';
import { expect, test } from '../support/test';

/** From a page's load until two minutes before its session ends, in milliseconds: 30 minutes are the default. */
const UNTIL_WARNING = 28 * 60_000;

test('two minutes before the end somebody is asked, and Escape stays (ux 42)', async ({ page, person }) => {
  await open(page, () => enter(page, person));
  const kept = countKept(page);
  await page.getByRole('link', { name: 'Change password' }).focus();
  await page.clock.fastForward(UNTIL_WARNING - 30_000);
  await expect(warning(page)).toBeHidden();
  await page.clock.fastForward(31_000);
  await expect(warning(page)).toBeVisible();
  await expect(page.getByRole('alertdialog', { name: 'Are you still there?' })).toBeVisible();
  await expect(stay(page)).toBeFocused();
  await expect(warning(page)).toContainText(/In 1 minute 5\d seconds you will be signed out/);
  const announced = warning(page).locator('[aria-live=polite]');
  await expect(announced).toHaveText('Signed out in 2 minutes.');
  await page.clock.fastForward(20_000);
  await expect(announced).toHaveText('Signed out in 1 minute 45 seconds.');

  await page.keyboard.press('Escape');
  await expect(warning(page)).toBeHidden();
  await expect(page.getByRole('link', { name: 'Change password' })).toBeFocused();
  expect(kept()).toBe(1);
  await page.clock.fastForward(UNTIL_WARNING - 30_000);
  await expect(warning(page)).toBeHidden();
  await page.clock.fastForward(31_000);
  await expect(warning(page)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(warning(page)).toBeHidden();
  expect(kept()).toBe(2);
});

test('when it is over the page is left, and says what happened (ux 42)', async ({ page, person, anotherBrowser }) => {
  await open(page, () => enter(page, person));
  await page.clock.fastForward(UNTIL_WARNING + 1_000);
  await expect(warning(page)).toBeVisible();
  // The server's clock stands where it stood, so the session is ended there in another way.
  await endElsewhere(await anotherBrowser(), person);
  await page.clock.fastForward(120_000);
  await expect(page).toHaveURL('/sign-in?next=/dashboard');
  await expect(page.getByRole('status').filter({ hasText: 'This session was ended. Sign in again to go on.' })).toBeVisible();
});

test('who stays in a session that is over learns so at once (ux 42)', async ({ page, person, anotherBrowser, watch }) => {
  watch.expect(/console error: .*401/);
  await open(page, () => enter(page, person));
  await page.clock.fastForward(UNTIL_WARNING + 1_000);
  await endElsewhere(await anotherBrowser(), person);
  await stay(page).click();
  await expect(page).toHaveURL('/sign-in?next=/dashboard');
});

test('a machine that slept is asked, or shown out, when it wakes (ux 42)', async ({ page, person }) => {
  await open(page, () => enter(page, person));
  const began = await page.evaluate(() => Date.now());
  // Timers stand still while a machine sleeps, the clock does not.
  const wake = async (after: number) => {
    await page.clock.setSystemTime(began + after);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  };
  await wake(UNTIL_WARNING - 30_000);
  await expect(warning(page)).toBeHidden();
  await wake(UNTIL_WARNING + 30_000);
  await expect(warning(page)).toBeVisible();
  const loaded = page.waitForEvent('load');
  await wake(UNTIL_WARNING + 150_000);
  await loaded;
  await expect(page).toHaveURL('/dashboard');
});

test('tabs tell each other that somebody is there (ux 42)', async ({ page, person }) => {
  await open(page, () => enter(page, person));
  const other = await page.context().newPage();
  await open(other, () => other.goto('/dashboard'));
  // All tabs of a browser have one clock.
  await page.clock.fastForward(UNTIL_WARNING + 1_000);
  for (const tab of [page, other]) await expect(warning(tab)).toBeVisible();
  await test.step('who stays in one stays in both', async () => {
    await stay(other).click();
    for (const tab of [page, other]) await expect(warning(tab)).toBeHidden();
  });
  await test.step('who opens a page in one stays in both', async () => {
    await page.clock.fastForward(UNTIL_WARNING + 1_000);
    for (const tab of [page, other]) await expect(warning(tab)).toBeVisible();
    await other.goto('/account/password');
    await expect(warning(page)).toBeHidden();
  });
});

test('what went wrong is said, and can be tried again (ux 42)', async ({ page, person, watch }) => {
  watch.expect(/failed request: .*keep_session/);
  watch.expect(/console error: Failed to load resource/);
  await open(page, () => enter(page, person));
  await page.clock.fastForward(UNTIL_WARNING + 1_000);
  await page.route('/api/keep_session', (route) => route.abort());
  await stay(page).click();
  await expect(warning(page).getByRole('status')).toHaveText('That did not work. Try again.');
  await page.unroute('/api/keep_session');
  await stay(page).click();
  await expect(warning(page)).toBeHidden();
});

test('a session that cannot be kept says so (ux 42)', async ({ page, person, ownServer }) => {
  const { origin } = await ownServer({ LATCHKEY_SESSION_LIFETIME_HOURS: '1', LATCHKEY_SESSION_IDLE_MINUTES: '60' });
  await open(page, () => enter(page, person, origin));
  const kept = countKept(page);
  await page.clock.fastForward(58 * 60_000 + 5_000);
  await expect(page.getByRole('alertdialog', { name: 'Your session ends soon' })).toBeVisible();
  await page.getByRole('button', { name: 'I understand' }).click();
  await expect(page.getByRole('alertdialog')).toBeHidden();
  await page.clock.fastForward(5_000);
  await expect(page.getByRole('alertdialog')).toBeHidden();
  expect(kept()).toBe(0);
});

/** Opens a page with a clock of its own, and waits until its script has taken over. */
async function open(page: Page, go: () => Promise<unknown>) {
  await page.clock.install();
  await go();
  await expect(page.locator('dialog')).toBeAttached();
  await page.waitForLoadState('networkidle');
}

/** Opens the dashboard as somebody with a new account. */
async function enter(page: Page, person: Person, origin = '') {
  await haveAccount(page, person, origin);
  await page.goto(`${origin}/dashboard`);
}

function warning(page: Page) {
  return page.locator('dialog');
}

function stay(page: Page) {
  return page.getByRole('button', { name: 'Stay signed in' });
}

/** How often the session was kept. */
function countKept(page: Page): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/keep_session') count += 1;
  });
  return () => count;
}

/** Ends every other session of somebody, by a change of the password. */
async function endElsewhere(browser: Page, person: Person) {
  await haveSession(browser, person);
  await browser.goto('/account/password');
  await browser.getByLabel('Current password').fill(person.password);
  await browser.getByLabel('New password').fill(OTHER_PASSWORD);
  await browser.getByRole('button', { name: 'Change password' }).click();
  await expect(browser).toHaveURL('/dashboard');
}

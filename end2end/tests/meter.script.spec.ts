// The strength meter: what it says, when it says it, and what it costs.

import type { Page } from '@playwright/test';
import { nameOf } from '../support/person';
import { haveAccount } from '../support/requests';
import { hydrated } from '../support/steps';
import { expect, test } from '../support/test';

test('says how strong and why (ux 15)', async ({ page }) => {
  await page.goto('/sign-up');
  await hydrated(page);
  const { meter, type, clear } = meterOf(page);
  await expect(meter).toBeHidden();

  await type('password');
  await expect(meter).toHaveText('Very weak It is one of the passwords people try first.');
  await expect(meter).toHaveAttribute('data-score', '0');

  await clear();
  await expect(meter).toBeHidden();

  await type('marble trolley unseen kettle');
  await expect(meter).toHaveText('Strong');
  await expect(meter).toHaveAttribute('data-score', '4');
});

test("knows one's own address (ux 15)", async ({ page, person }) => {
  await page.goto('/sign-up');
  await hydrated(page);
  const { meter, type } = meterOf(page);
  await type(nameOf(person));
  await expect(meter).toHaveAttribute('data-score', /[34]/);
  await page.getByLabel('E-mail address').fill(person.email);
  await expect(meter).toHaveAttribute('data-score', /[012]/);
  await expect(meter).toContainText('It contains your own name or address, or the name of this site.');
});

test('is announced once typing pauses (ux 15)', async ({ page }) => {
  await page.clock.install();
  await page.goto('/sign-up');
  await hydrated(page);
  const { meter, announced, type, clear } = meterOf(page);
  await page.clock.pauseAt(Date.now() + 60_000);

  await type('password');
  await expect(meter).toHaveAttribute('data-score', '0');
  await expect(announced).toBeEmpty();
  await page.clock.runFor(1_000);
  await expect(announced).toHaveText('Password strength: Very weak. It is one of the passwords people try first.');
  await expect(announced).toHaveAttribute('aria-live', 'polite');
  await expect(meter.locator('> *:not([aria-hidden=true])')).toHaveCount(0);

  await clear();
  await type('marble trolley unseen kettle');
  await expect(meter).toHaveAttribute('data-score', '4');
  await expect(announced).toContainText('Very weak');
  await page.clock.runFor(1_000);
  await expect(announced).toHaveText('Password strength: Strong.');

  await clear();
  await expect(meter).toBeHidden();
  await page.clock.runFor(1_000);
  await expect(announced).toBeEmpty();
});

test.describe('is fetched (ux 16)', () => {
  test('when the field is focused', async ({ page }) => {
    const requests = await openWithStoppedClock(page, '/sign-up');
    await page.getByLabel('E-mail address').fill('visitor@example.com');
    expect(requests()).toEqual([]);
    await page.getByLabel('Password', { exact: true }).focus();
    await expect.poll(requests).toContainEqual(expect.stringMatching(/\/worker\.js$/));
    await expect.poll(requests).toContainEqual(expect.stringMatching(/\/estimator_bg\.wasm$/));
  });

  test('when the page is left alone for a while', async ({ page }) => {
    const requests = await openWithStoppedClock(page, '/sign-up');
    expect(requests()).toEqual([]);
    await page.clock.runFor(10_000);
    await expect.poll(requests).toContainEqual(expect.stringMatching(/\/estimator_bg\.wasm$/));
  });

  test('never on sign-in', async ({ page }) => {
    const requests = await openWithStoppedClock(page, '/sign-in');
    await page.getByLabel('Password', { exact: true }).fill('password');
    await page.clock.runFor(60_000);
    await expect(page.locator('.meter')).toHaveCount(0);
    expect(requests()).toEqual([]);
  });

  test('for the current password never, for the new one beside it', async ({ page, person }) => {
    await haveAccount(page, person);
    const requests = await openWithStoppedClock(page, '/account/password');
    await page.getByLabel('Current password').fill('password');
    expect(requests()).toEqual([]);
    await page.getByLabel('New password').fill('password');
    await expect(page.locator('.meter')).toHaveAttribute('data-score', '0');
  });
});

test('without an estimator the page works and claims nothing (ux 11)', async ({ page, person, ownServer, watch }) => {
  watch.expect(/failed request: .*\/worker\.js/);
  const { origin } = await ownServer({ LATCHKEY_ESTIMATOR_ROOT: '/nowhere' });
  const missing = page.waitForResponse('**/worker.js');
  await page.goto(`${origin}/sign-up`);
  await hydrated(page);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  expect((await missing).status()).toBe(404);
  await expect(page.locator('.meter')).toBeHidden();
  await expect(page.getByText('At least 8 characters.')).toBeVisible();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(`${origin}/dashboard`);
});

function meterOf(page: Page) {
  const input = page.getByLabel('Password', { exact: true });
  return {
    meter: page.locator('.meter'),
    announced: page.locator('[data-announced]'),
    type: (text: string) => input.pressSequentially(text),
    clear: () => input.clear(),
  };
}

/** Opens a page whose timers stand still once its script runs; answers with what has been fetched of the estimator. */
async function openWithStoppedClock(page: Page, path: string) {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.goto(path);
  await page.clock.runFor(1_000); // the script is fetched when the browser is idle
  await hydrated(page);
  return () => paths.filter((path) => path.includes('estimator'));
}

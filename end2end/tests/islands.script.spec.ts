// What script adds to the forms: toggles, checks before sending, sending once; and that nothing is lost while it is late.

import type { Page, Route } from '@playwright/test';
import { PASSWORD } from '../support/person';
import { endSession, haveAccount } from '../support/requests';
import { errorSummary, expectProblems, hydrated, sendSignIn } from '../support/steps';
import { expect, test } from '../support/test';

test.describe('show and hide (ux 13)', () => {
  test('by keyboard: label, status, focus, value and caret', async ({ page }) => {
    await page.goto('/sign-in');
    await hydrated(page);
    const password = page.getByLabel('Password', { exact: true });
    await password.click();
    await page.keyboard.type('abcdef');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    const caret = () => password.evaluate((input: HTMLInputElement) => [input.selectionStart, input.selectionEnd]);
    expect(await caret()).toEqual([3, 4]);

    await page.keyboard.press('Tab');
    const show = page.getByRole('button', { name: 'Show password' });
    await expect(show).toBeFocused();
    await expect(show).toHaveAttribute('type', 'button');
    await expect(show).toHaveAttribute('aria-controls', 'current-password');
    await page.keyboard.press('Space');
    const hide = page.getByRole('button', { name: 'Hide password' });
    await expect(hide).toBeFocused();
    await expect(hide).toHaveText('Hide');
    await expect(password).toHaveAttribute('type', 'text');
    await expect(password).toHaveValue('abcdef');
    expect(await caret()).toEqual([3, 4]);
    await expect(page.locator('[aria-live=polite]', { hasText: 'Your password is visible' })).toHaveCount(1);

    await page.keyboard.press('Space');
    await expect(show).toBeFocused();
    await expect(password).toHaveAttribute('type', 'password');
    expect(await caret()).toEqual([3, 4]);
    await expect(page.locator('[aria-live=polite]', { hasText: 'Your password is hidden' })).toHaveCount(1);
  });

  test('hidden again when sent, whether it goes out or not', async ({ page }) => {
    await page.goto('/sign-in');
    await hydrated(page);
    const password = page.getByLabel('Password', { exact: true });
    await password.fill(PASSWORD);
    await page.getByRole('button', { name: 'Show password' }).click();
    await password.press('Enter');
    await expectProblems(page, 'Enter your e-mail address or user name');
    await expect(password).toHaveAttribute('type', 'password');
    await expect(password).toHaveValue(PASSWORD);

    const held = await hold(page, '**/api/sign_in');
    await page.getByLabel('E-mail address or user name').fill('visitor@example.com');
    await page.getByRole('button', { name: 'Show password' }).click();
    expect(await press(page, 1)).toMatchObject({ passwordType: 'password' });
    held.release();
    await expectProblems(page, /do not match/);
  });

  test("hidden again when the page comes back from the browser's cache", async ({ page }) => {
    await page.goto('/sign-in');
    await hydrated(page);
    const password = page.getByLabel('Password', { exact: true });
    await password.fill(PASSWORD);
    await page.getByRole('button', { name: 'Show password' }).click();
    // Playwright switches that cache off; this is what the browser tells a page that comes back.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await expect(password).toHaveAttribute('type', 'password');
    await expect(page.getByRole('button', { name: 'Show password' })).toBeVisible();
  });
});

test('what is wrong is said without asking the server (ux 17)', async ({ page }) => {
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(request.url());
  });
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectProblems(page, 'Enter your e-mail address', 'Use at least 8 characters');
  const email = page.getByLabel('E-mail address');
  await expect(email).toHaveAttribute('aria-invalid', 'true');
  await expect(email).toHaveAccessibleDescription('Error: Enter your e-mail address');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('short');
  await errorSummary(page).getByRole('link', { name: 'Enter your e-mail address' }).click();
  await expect(email).toBeFocused();

  await email.fill('visitor@example.com');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectProblems(page, 'Use at least 8 characters');
  await expect(email).not.toHaveAttribute('aria-invalid');
  await expect(page.locator('#email-error')).toBeHidden();
  expect(posts).toEqual([]);
});

test('a second press sends nothing (ux 19)', async ({ page, person }) => {
  await haveAccount(page, person);
  await endSession(page);
  await page.goto('/sign-in');
  await hydrated(page);
  const held = await hold(page, '**/api/sign_in');
  await page.getByLabel('E-mail address or user name').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await expect(page.locator('main button[type=submit]')).not.toHaveAttribute('aria-busy');
  expect(await press(page, 3)).toMatchObject({ busy: 'true', label: 'Sign in', status: 'Sending' });
  held.release();
  await expect(page).toHaveURL('/dashboard');
  expect(held.count()).toBe(1);
});

test('waiting is shown without motion to who wants none (ux 8)', async ({ page, person }) => {
  await page.route('/api/**', (route) => route.fulfill({ status: 204 })); // leaves the page as it is
  await page.goto('/sign-in');
  await hydrated(page);
  await sendSignIn(page, person.email, person.password);
  await expect(page.locator('main button[type=submit]')).toHaveAttribute('aria-busy', 'true');
  const moving = () => page.evaluate(() => document.getAnimations().length);
  await expect.poll(moving).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(moving).toBe(0);
});

test('what is typed before the script arrives is kept and sent (ux 10)', async ({ page, person }) => {
  const held = await hold(page, '**/*.wasm');
  await page.goto('/sign-up', { waitUntil: 'commit' });
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByLabel('E-mail address').focus();
  await held.first;
  await expect(page.getByRole('button', { name: 'Show password' })).toBeHidden();
  held.release();
  await hydrated(page);
  await expect(page.getByLabel('E-mail address')).toHaveValue(person.email);
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(person.password);
  await expect(page.locator('.meter')).toHaveAttribute('data-score', '4');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL('/dashboard');
});

test('without WebAssembly one still signs in (ux 11)', async ({ page, person, watch, anotherBrowser }) => {
  await haveAccount(await anotherBrowser(), person);
  watch.expect(/failed request: net::ERR_FAILED .*\.wasm/);
  watch.expect(/console error: Failed to load resource: net::ERR_FAILED .*\.wasm/);
  watch.expect(/uncaught: TypeError: Failed to fetch/);
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto('/sign-in');
  await sendSignIn(page, person.email, 'not the password');
  await expectProblems(page, /do not match/);
  await sendSignIn(page, person.email, person.password);
  await expect(page).toHaveURL('/dashboard');
});

/** Presses the form's button so many times, and tells what the page then looks like, on the way to the next one. */
async function press(page: Page, times: number) {
  // In one go: once the browser is on its way, Playwright looks at the next page only.
  return page.evaluate(async (times) => {
    const button = document.querySelector<HTMLButtonElement>('main button[type=submit]')!;
    for (let time = 0; time < times; time += 1) {
      button.click();
      await new Promise(requestAnimationFrame);
    }
    return {
      busy: button.getAttribute('aria-busy'),
      label: button.textContent,
      status: document.querySelector('main form > [role=status]')!.textContent,
      passwordType: document.querySelector<HTMLInputElement>('#current-password')!.type,
    };
  }, times);
}

/** Keeps requests waiting until they are released, and counts them. */
async function hold(page: Page, url: string) {
  const waiting: Route[] = [];
  let isReleased = false;
  let arrived = () => {};
  const first = new Promise<void>((resolve) => (arrived = resolve));
  await page.route(url, async (route) => {
    waiting.push(route);
    arrived();
    if (isReleased) await route.continue();
  });
  return {
    /** Resolves when one has come. */
    first,
    count: () => waiting.length,
    release() {
      isReleased = true;
      for (const route of waiting) void route.continue();
    },
  };
}

// The way through the site: an account, a session, and the end of it.

import { nameOf, PASSWORD } from '../support/person';
import { errorSummary, expectProblems, sendSignIn, signIn, signOut, signUp } from '../support/steps';
import { expect, test } from '../support/test';

test('sign up, dashboard, sign out, and back in where one wanted to go', { tag: '@main' }, async ({ page, person }) => {
  await page.goto('/');
  await page.getByRole('main').getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();

  await expect(page).toHaveURL('/dashboard');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(nameOf(person));
  const you = page.getByRole('region', { name: 'You' });
  await expect(you).toContainText(person.email);
  await expect(you.locator('div', { hasText: 'Member since' }).locator('time')).toHaveText(/^\d+ \w+ \d{4}$/);
  const session = page.getByRole('region', { name: 'This session' });
  await expect(session).toContainText('127.0.0.1');
  await expect(session).toContainText('Chrome');
  await expect(session.locator('time')).toHaveCount(2);
  await expect(page.getByRole('region', { name: 'Last sign-in before this one' })).toContainText('first time');

  await test.step('ux 43: sign-out is a POST, and Back shows nothing private', async () => {
    const answered = page.waitForResponse('**/api/sign_out');
    await signOut(page);
    expect((await answered).request().method()).toBe('POST');
    await page.goBack();
    await expect(page).toHaveURL('/sign-in?next=/dashboard');
    await expect(page.getByText(person.email)).toHaveCount(0);
  });

  await test.step('a page behind sign-in leads there and back', async () => {
    await page.goto('/account/password?from=mail');
    await expect(page).toHaveURL(/^[^?]*\/sign-in\?next=/);
    await expect(page.getByRole('status').filter({ hasText: 'Sign in to see that page.' })).toBeVisible();
    await sendSignIn(page, person.email, person.password);
    await expect(page).toHaveURL('/account/password?from=mail');
  });

  await page.goto('/dashboard');
  const last = page.getByRole('region', { name: 'Last sign-in before this one' });
  await expect(last).toContainText('127.0.0.1');
});

test("every page of one's own has the way out, and none comes back (ux 43)", async ({ page, person }) => {
  await signUp(page, person);
  for (const path of ['/dashboard', '/account/password']) {
    await page.goto(path);
    await signOut(page);
    await page.goBack();
    await expect(page).toHaveURL(`/sign-in?next=${path}`);
    await expect(page.getByText(nameOf(person))).toHaveCount(0);
    await signIn(page, person);
  }
});

test('signed-in visitors of the ways in go to the dashboard (ux 25)', async ({ page, person }) => {
  await signUp(page, person);
  for (const path of ['/', '/sign-in', '/sign-up', '/login']) {
    await page.goto(path);
    await expect(page).toHaveURL('/dashboard');
  }
});

test('the same address once more makes no account, and the page does not say why', { tag: '@main' }, async ({ page, person, anotherBrowser }) => {
  await signUp(await anotherBrowser(), person);
  const email = person.email.toUpperCase();
  await page.goto('/sign-up');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();

  await expectProblems(page, /^We could not create the account\./);
  await expect(page).toHaveURL('/sign-up');
  await expect(page.getByRole('main')).not.toContainText(/exists|taken|in use|already registered/);
  await expect(page.getByLabel('E-mail address')).toHaveValue(email);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
});

test('a weak password is refused with the reason (ux 17)', async ({ page, person }) => {
  await page.goto('/sign-up');
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill('password');
  await page.getByRole('button', { name: 'Create account' }).click();

  const reason = 'Choose a password that is harder to guess: it is one of the passwords people try first';
  await expectProblems(page, reason);
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toHaveAttribute('aria-invalid', 'true');
  await expect(password).toHaveAccessibleDescription(new RegExp(`Error: ${reason}`));
  await expect(password).toHaveValue('');
  await expect(page.getByLabel('E-mail address')).toHaveValue(person.email);
  await expect(page.getByLabel('E-mail address')).not.toHaveAttribute('aria-invalid');

  await errorSummary(page).getByRole('link', { name: reason }).click();
  await expect(password).toBeFocused();
});

test("a password of one's own words is refused with the reason (ux 15)", async ({ page, person }) => {
  for (const password of [person.email, nameOf(person), 'Latchkey2026']) {
    await page.goto('/sign-up');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectProblems(page, /it contains your own name or address, or the name of this site/);
  }
});

test('empty and malformed forms say what to enter', async ({ page }) => {
  await page.goto('/sign-up');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectProblems(page, 'Enter your e-mail address', 'Enter a password');

  await page.getByLabel('E-mail address').fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectProblems(page, 'Enter an e-mail address like name@example.com', 'Use at least 8 characters');
  await expect(page.getByLabel('E-mail address')).toHaveValue('nobody');

  await page.goto('/sign-in');
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expectProblems(page, 'Enter your e-mail address or user name', 'Enter your password');

  await page.goto('/forgot-password');
  await page.getByRole('button', { name: 'Mail me a link' }).click();
  await expectProblems(page, 'Enter your e-mail address');
});

test('any characters make a password (ux 14)', async ({ page, person }) => {
  const unusual = { ...person, password: `  שלום ${'x7 Ünïcödé '.repeat(8)}🗝️🐙 ` };
  await signUp(page, unusual);
  await signOut(page);
  await signIn(page, unusual);
});

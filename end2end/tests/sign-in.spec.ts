// The ways to begin a session, and what a session is.

import type { BrowserContext } from '@playwright/test';
import { newPerson, OTHER_PASSWORD } from '../support/person';
import { endSession, haveAccount, haveSession } from '../support/requests';
import { errorSummary, expectProblems, hydrated, sendSignIn, signIn, signOut, signUp } from '../support/steps';
import { expect, test } from '../support/test';

test('an e-mail address signs in, whatever its case', { tag: '@main' }, async ({ page, person }) => {
  await signUp(page, person);
  await signOut(page);
  await page.goto('/sign-in');
  await sendSignIn(page, ` ${person.email.toUpperCase()} `, person.password);
  await expect(page).toHaveURL('/dashboard');
});

test('a user name signs in where sign-up asks for one', { tag: '@main' }, async ({ anotherBrowser, ownServer, person }) => {
  const server = await ownServer({ LATCHKEY_IDENTIFIER: 'either' });
  const page = await anotherBrowser();
  const username = person.email.split('@')[0]!;
  await page.goto(`${server.origin}/sign-up`);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(username);
  await page.getByRole('button', { name: 'Sign out' }).click();

  await sendSignIn(page, username.toUpperCase(), person.password);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(username);
  await expect(page).toHaveURL(`${server.origin}/dashboard`);
});

test('a session ends with the browser, unless one asks to be kept signed in', async ({ page, context, person }) => {
  await signUp(page, person);
  await signOut(page);
  await signIn(page, person);
  expect(await sessionCookie(context)).toMatchObject({ expires: -1, httpOnly: true, sameSite: 'Lax', path: '/' });
  await signOut(page);
  expect(await sessionCookie(context)).toBeUndefined();

  await page.getByLabel('Keep me signed in on this device').check();
  await sendSignIn(page, person.email, person.password);
  await expect(page).toHaveURL('/dashboard');
  const kept = await sessionCookie(context);
  expect(kept).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect(kept!.expires).toBeGreaterThan(0);
});

test('a wrong password and an unknown address look the same (ux 24)', { tag: '@main' }, async ({ page, person, javaScriptEnabled }) => {
  await haveAccount(page, person);
  await endSession(page);
  const unknown = newPerson();
  const refusal = async (identifier: string) => {
    await page.goto('/sign-in');
    await page.getByLabel('Keep me signed in on this device').check();
    const answered = page.waitForResponse('**/api/sign_in');
    await sendSignIn(page, identifier, OTHER_PASSWORD);
    const status = (await answered).status();
    await expect(errorSummary(page)).toBeVisible();
    if (javaScriptEnabled !== false) await hydrated(page);
    return [status, page.url(), await page.title(), await page.locator('body').ariaSnapshot()].join('\n');
  };

  const wrongPassword = await refusal(person.email);
  await expectProblems(page, /^That e-mail or user name and password do not match\./);
  await expect(page.getByLabel('E-mail address or user name')).toHaveValue(person.email);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await expect(page.getByLabel('Keep me signed in on this device')).toBeChecked();

  const unknownAddress = await refusal(unknown.email);
  await expectProblems(page, /^That e-mail or user name and password do not match\./);
  expect(unknownAddress.replaceAll(unknown.email, 'ADDRESS')).toBe(wrongPassword.replaceAll(person.email, 'ADDRESS'));
});

test.describe('next (ux 25)', () => {
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil', '/\t/evil.example', 'javascript:alert(1)']) {
    test(`${JSON.stringify(next)} is ignored`, async ({ page, request, person }) => {
      await haveAccount(page, person);
      await endSession(page);
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await sendSignIn(page, person.email, person.password);
      await expect(page).toHaveURL('/dashboard');

      // Nor does it help to post it, or to be signed in already.
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await expect(page).toHaveURL('/dashboard');
      const posted = await request.post('/api/sign_in', {
        headers: { accept: 'text/html' },
        form: { identifier: person.email, password: person.password, next },
        maxRedirects: 0,
      });
      expect(posted.status()).toBe(303);
      expect(posted.headers().location).toBe('/dashboard');
    });
  }

  test('survives a refused attempt', async ({ page, person }) => {
    await haveAccount(page, person);
    await endSession(page);
    await page.goto('/account/password');
    await sendSignIn(page, person.email, OTHER_PASSWORD);
    await expect(errorSummary(page)).toBeVisible();
    await sendSignIn(page, person.email, person.password);
    await expect(page).toHaveURL('/account/password');
  });
});

test('too many wrong passwords: how long to wait, and the way round it (ux 25)', { tag: '@main' }, async ({ page, person, anotherBrowser }) => {
  const own = await anotherBrowser();
  await haveAccount(own, person);
  await endSession(own);
  await haveSession(own, person);
  await endSession(own);

  await page.goto('/sign-in');
  for (let tries = 0; tries < 5; tries += 1) {
    await sendSignIn(page, person.email, OTHER_PASSWORD);
    await expectProblems(page, /do not match/);
  }
  await sendSignIn(page, person.email, person.password);
  await expectProblems(page, /^Too many tries\. Wait \d+ seconds, then try again, or reset your password\.$/);
  await expect(page.getByLabel('E-mail address or user name')).toHaveValue(person.email);
  await expect(page.getByRole('link', { name: 'Forgot your password?' })).toBeVisible();

  // Somebody who signed in with a browser before is not locked out of it by others.
  await signIn(own, person);
});

test('a copied cookie is dead after sign-out', { tag: '@main' }, async ({ page, context, person, anotherBrowser }) => {
  await signUp(page, person);
  const thief = await anotherBrowser();
  await thief.context().addCookies(await context.cookies());
  await thief.goto('/dashboard');
  await expect(thief.getByText(person.email)).toBeVisible();

  await signOut(page);
  await thief.goto('/dashboard');
  await expect(thief).toHaveURL('/sign-in?next=/dashboard');
  await expect(thief.getByText(person.email)).toHaveCount(0);
});

test('any number of devices at once; each signs out for itself', async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  await page.goto('/dashboard');
  const other = await anotherBrowser();
  await haveSession(other, person);
  await signOut(page);
  await other.goto('/dashboard');
  await expect(other.getByText(person.email)).toBeVisible();
});

async function sessionCookie(context: BrowserContext) {
  return (await context.cookies()).find((cookie) => cookie.name === 'latchkey');
}

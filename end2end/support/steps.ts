// What people do, in as many steps as it takes them.

import { expect, type Page } from '@playwright/test';
import type { Person } from './person';

/** Signs up, and ends on the dashboard. */
export async function signUp(page: Page, person: Person) {
  await page.goto('/sign-up');
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL('/dashboard');
}

/** Fills in and sends the sign-in form that the page shows. */
export async function sendSignIn(page: Page, identifier: string, password: string) {
  await page.getByLabel('E-mail address or user name').fill(identifier);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in, and ends on the dashboard. */
export async function signIn(page: Page, person: Person) {
  await page.goto('/sign-in');
  await sendSignIn(page, person.email, person.password);
  await expect(page).toHaveURL('/dashboard');
}

/** Signs out, and ends on the sign-in page. */
export async function signOut(page: Page, origin = '') {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${origin}/sign-in`);
  await expect(page.getByRole('status').filter({ hasText: 'You are signed out.' })).toBeVisible();
}

/** Asks for a reset link. */
export async function askForLink(page: Page, email: string) {
  await page.goto('/forgot-password');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('button', { name: 'Mail me a link' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
}

/** The summary of errors, first on its page. */
export function errorSummary(page: Page) {
  return page.getByRole('alert').filter({ has: page.getByRole('heading', { name: 'There is a problem' }) });
}

/** Expects a refused form: the summary has these lines and the focus, and the title says so. */
export async function expectProblems(page: Page, ...lines: (string | RegExp)[]) {
  await expect(errorSummary(page).getByRole('listitem')).toHaveText(lines);
  await expect(errorSummary(page)).toBeFocused();
  await expect(page).toHaveTitle(/^Error: /);
}

/** Waits until the page's script has taken over; for pages with a password. */
export async function hydrated(page: Page) {
  await expect(page.getByRole('button', { name: 'Show password' }).first()).toBeVisible();
}

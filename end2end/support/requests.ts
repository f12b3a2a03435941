// What the forms send, sent without them: how a test gets to where its subject begins. The page and these requests share one
// cookie jar. Must not stand in for a form that a test is about.

import { expect, type Page } from '@playwright/test';
import type { Mailbox } from './mailbox';
import type { Person } from './person';
import type { Server } from './server';

/** Sends a form as a browser would, and answers with where it leads. `origin` is that of a server of the test's own. */
export async function send(page: Page, action: string, form: Record<string, string>, origin = ''): Promise<string> {
  const headers = { accept: 'text/html', 'sec-fetch-site': 'same-origin' };
  const answer = await page.request.post(`${origin}/api/${action}`, { headers, form, maxRedirects: 0 });
  expect(answer.status(), action).toBe(303);
  return answer.headers().location!;
}

/** Forgets what the next page would say of the last form. */
export async function forgetNotice(page: Page) {
  await page.context().clearCookies({ name: /flash/ });
}

/** Makes an account, and a session of it. */
export async function haveAccount(page: Page, { email, password }: Person, origin = '') {
  expect(await send(page, 'sign_up', { email, new_password: password }, origin)).toBe('/dashboard');
}

/** The same, and confirms the address. */
export async function haveProven(page: Page, person: Person, mailbox: Mailbox, origin = '') {
  await haveAccount(page, person, origin);
  await page.request.get((await mailbox.at(origin).confirmations(person.email))[0]!.link);
  expect(await send(page, 'verify_email', {}, origin)).toBe('/dashboard');
  await forgetNotice(page);
}

/** Begins a session. */
export async function haveSession(page: Page, { email, password }: Person, origin = '') {
  expect(await send(page, 'sign_in', { identifier: email, password }, origin)).toBe('/dashboard');
}

/** Ends the session. */
export async function endSession(page: Page, origin = '') {
  expect(await send(page, 'sign_out', {}, origin)).toBe('/sign-in');
  await forgetNotice(page);
}

/** Makes the first administrator by the link that the server printed. */
export async function haveAdministrator(page: Page, { origin, setUpLink }: Server, { email, password }: Person) {
  await page.request.get(setUpLink);
  expect(await send(page, 'set_up', { email, new_password: password }, origin)).toBe('/dashboard');
}

/** Adds accounts as an administrator; each is invited. Answers with the pages of these people in the console. */
export async function haveInvited(page: Page, origin: string, ...emails: string[]): Promise<string[]> {
  const pages: string[] = [];
  for (const email of emails) pages.push(origin + (await send(page, 'admin_create', { email, invite: 'true' }, origin)));
  await forgetNotice(page);
  return pages;
}

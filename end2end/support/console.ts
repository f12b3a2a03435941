// Administrators, by the forms. Each makes a server of its own, since a server has one first administrator.

import { expect, type Page } from '@playwright/test';
import type { Person } from './person';
import type { Server } from './server';

/** Makes the first administrator by the link that the server printed, and ends on the dashboard. */
export async function setUp(page: Page, { origin, setUpLink }: Server, person: Person) {
  await page.goto(setUpLink);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page).toHaveURL(`${origin}/dashboard`);
}

/** Adds accounts from the console; each is invited. */
export async function invite(page: Page, origin: string, ...emails: string[]) {
  for (const email of emails) {
    await page.goto(`${origin}/admin/people/new`);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Add account' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'the invitation is on its way' })).toBeVisible();
  }
}

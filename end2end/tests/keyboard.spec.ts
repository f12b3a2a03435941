// The whole way with the keyboard alone.

import type { Locator, Page } from '@playwright/test';
import { sendSignIn, signUp } from '../support/steps';
import { expect, test } from '../support/test';

test('sign up, sign out and sign in with Tab and Enter (ux 3, ux 4, ux 22)', async ({ page, person }) => {
  await page.goto('/sign-up');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to main content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  await page.keyboard.type(person.email);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/dashboard');

  await tabTo(page, page.getByRole('button', { name: 'Sign out' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/sign-in');

  await tabTo(page, page.getByLabel('E-mail address or user name'));
  await page.keyboard.type(person.email);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(person.password);
  await tabTo(page, page.getByLabel('Keep me signed in on this device'));
  await page.keyboard.press('Space');
  await tabTo(page, page.getByRole('main').getByRole('button', { name: 'Sign in' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/dashboard');
});

test('Enter in either field signs in (ux 22)', async ({ page, person, anotherBrowser }) => {
  await signUp(await anotherBrowser(), person);
  await page.goto('/sign-in');
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByLabel('E-mail address or user name').fill(person.email);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/dashboard');
});

test('a Tab walk reaches every control and leaves the page again (ux 4)', async ({ page, person }) => {
  await page.goto('/sign-in');
  await expectWalk(page);
  await sendSignIn(page, person.email, person.password);
  await expect(page).toHaveTitle(/^Error: /);
  await page.goto('/sign-up');
  await expectWalk(page);
  await signUp(page, person);
  await expectWalk(page);
  await page.goto('/account/password');
  await expectWalk(page);
});

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, target: Locator) {
  await expect(async () => {
    await page.keyboard.press('Tab');
    await expect(target).toBeFocused({ timeout: 1 });
  }).toPass({ intervals: [0] });
}

/** Tabs through the page once: each visible control takes the focus, in the order of the document, with nothing over it. */
async function expectWalk(page: Page) {
  const controls = page.locator('a[href]:visible, button:visible, input:visible');
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (const control of await controls.all()) {
    await page.keyboard.press('Tab');
    await expect(control).toBeFocused();
    const isCovered = await control.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return !top || !(element.contains(top) || top.contains(element));
    });
    expect(isCovered, `something covers ${control}`).toBe(false);
  }
}

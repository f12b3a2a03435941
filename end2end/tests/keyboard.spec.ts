// The whole way with the keyboard alone.

import type { Locator, Page } from '@playwright/test';
import { haveAccount } from '../support/requests';
import { expectProblems, hydrated, signIn, signOut } from '../support/steps';
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
  await haveAccount(await anotherBrowser(), person);
  await page.goto('/sign-in');
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByLabel('E-mail address or user name').fill(person.email);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/dashboard');
});

test.describe('a Tab walk reaches every control, shows where it is, and leaves the page again (ux 4)', () => {
  for (const path of ['/', '/sign-up', '/sign-in', '/forgot-password']) {
    test(path, async ({ page, javaScriptEnabled }) => {
      await page.goto(path);
      await expectWalk(page, javaScriptEnabled !== false);
    });
  }

  test('signed in', async ({ page, person, javaScriptEnabled }) => {
    await haveAccount(page, person);
    await page.goto('/dashboard');
    await expectWalk(page, javaScriptEnabled !== false);
    await page.goto('/account/password');
    await expectWalk(page, javaScriptEnabled !== false);
  });

  test('with errors', async ({ page, person, javaScriptEnabled }) => {
    await page.goto('/sign-up');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill('password');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectProblems(page, /harder to guess/);
    await expectWalk(page, javaScriptEnabled !== false);
  });
});

// ASVS 6.2.7.
test('a pasted password is taken whole (ux 12, ux 14)', async ({ page, person }) => {
  const password = 'Pasted-From-A-Manager-'.repeat(5);
  await page.goto('/sign-up');
  const email = page.getByLabel('E-mail address');
  await email.fill(password);
  await email.press('ControlOrMeta+A');
  await email.press('ControlOrMeta+X');
  await expect(email).toHaveValue('');
  await page.getByLabel('Password', { exact: true }).press('ControlOrMeta+V');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(password);
  await email.fill(person.email);
  await email.press('Enter');
  await expect(page).toHaveURL('/dashboard');
  await signOut(page);
  await signIn(page, { ...person, password });
});

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, target: Locator) {
  await expect(async () => {
    await page.keyboard.press('Tab');
    await expect(target).toBeFocused({ timeout: 1 });
  }).toPass({ intervals: [0] });
}

/** Tabs through the page once: each visible control takes the focus, in the order of the document, is seen to, and has nothing over it. */
async function expectWalk(page: Page, hasScript: boolean) {
  if (hasScript && (await page.locator('input[type=password]').count())) await hydrated(page);
  const controls = page.locator('a[href]:visible, button:visible, input:visible');
  await page.evaluate(() => {
    // From the top, wherever the page has put the focus.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  for (const control of await controls.all()) {
    await page.keyboard.press('Tab');
    await expect(control).toBeFocused();
    const isCovered = await control.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return !top || !(element.contains(top) || top.contains(element));
    });
    expect(isCovered, `something covers ${control}`).toBe(false);

    const clip = await surroundings(page, control);
    const picture = () => page.screenshot({ clip, animations: 'disabled' });
    const focused = await picture();
    await control.evaluate((element: HTMLElement) => element.blur());
    const atRest = await picture();
    expect(focused.equals(atRest), `${control} looks the same with and without the focus`).toBe(false);
    await control.focus();
  }
}

/** A control in the window, with a rim that a focus ring has room in. */
async function surroundings(page: Page, control: Locator) {
  const rim = 6;
  const box = (await control.boundingBox())!;
  const window = page.viewportSize()!;
  const [x, y] = [Math.max(0, box.x - rim), Math.max(0, box.y - rim)];
  const right = Math.min(window.width, box.x + box.width + rim);
  const bottom = Math.min(window.height, box.y + box.height + rim);
  return { x, y, width: right - x, height: bottom - y };
}

// What every page must be, with scripting and without.
//
// Numbers like (ux 12) are lines of the acceptance list. Two lines are tested everywhere: the watch in support/test.ts fails
// any test on an error or a warning on the console and on a request that leaves the site (ux 6), and the project
// `no-scripting` runs every spec whose name does not say `script` with scripting off (ux 7). What has no test, and why:
//   9        the validator vnu: it needs Java; html-validate alone is asked
//   16       the duration of a keystroke: a figure, which `make lighthouse` prints
//   22       whether the browser offers to save: it asks in a window of its own, which it has none of in tests
//   23, 26-28, 32-36   passkeys and second factors: not there yet
//   38       the place of a session: addresses are not looked up anywhere

import { expectGoodPage } from '../support/every-page';
import { PLACES } from '../support/places';
import { haveAccount } from '../support/requests';
import { expect, test } from '../support/test';

test.use({ hasTouch: true });

for (const place of PLACES) {
  test(`${place.name}: axe, HTML, landmarks, width, targets, motion, mirrored (ux 1, ux 2, ux 3, ux 5, ux 8, ux 9)`, async ({ page, person, mailbox, server, ownServer, watch, javaScriptEnabled }) => {
    await expectGoodPage(place, { page, person, mailbox, server, ownServer, watch, javaScriptEnabled });
  });
}

test('titles are unique (ux 3)', async ({ page, person }) => {
  const titles: string[] = [];
  const note = async (...paths: string[]) => {
    for (const path of paths) {
      await page.goto(path);
      titles.push(await page.title());
    }
  };
  await note('/', '/sign-up', '/sign-in', '/forgot-password', '/reset-password');
  await haveAccount(page, person);
  await note('/dashboard', '/account', '/account/password', '/account/sessions', '/account/activity', '/account/delete');
  expect(titles).toEqual([...new Set(titles)]);
});

// ASVS 6.2.6, 6.2.7.
test('forms carry what password managers look for (ux 7, ux 12, ux 14, ux 22)', async ({ page }) => {
  await page.goto('/sign-up');
  await expect(page.getByRole('main').locator('input:visible')).toHaveCount(2);
  const email = page.getByLabel('E-mail address');
  await expect(email).toHaveAttribute('type', 'email');
  await expect(email).toHaveAttribute('autocomplete', 'username');
  const chosen = page.getByLabel('Password', { exact: true });
  await expect(chosen).toHaveAttribute('type', 'password');
  await expect(chosen).toHaveAttribute('autocomplete', 'new-password');
  await expect(chosen).toHaveId('new-password');
  await expect(chosen).toHaveAccessibleDescription(/At least 8 characters/);

  await page.goto('/sign-in');
  await expect(page.getByLabel('E-mail address or user name')).toHaveAttribute('autocomplete', /^username/);
  const current = page.getByLabel('Password', { exact: true });
  await expect(current).toHaveAttribute('type', 'password');
  await expect(current).toHaveAttribute('autocomplete', 'current-password');
  await expect(current).toHaveId('current-password');

  for (const path of ['/sign-up', '/sign-in', '/forgot-password']) {
    await page.goto(path);
    await expect(page.locator('input[maxlength]')).toHaveCount(0);
    await expect(page.getByRole('main').getByRole('button', { disabled: true })).toHaveCount(0);
  }
});

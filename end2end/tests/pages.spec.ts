// What every page must be, with scripting and without.

import { PLACES } from '../support/places';
import { expect, test } from '../support/test';

for (const place of PLACES) {
  test(`${place.name}: landmarks, and no sideways scrolling at 320 px (ux 2, ux 3)`, async ({ page, person, mailbox, server, watch }) => {
    if (place.isMissing) watch.expect(/console error: .*404/);
    await page.setViewportSize({ width: 320, height: 640 });
    await place.open(page, { person, mailbox, server });

    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page).toHaveTitle(/\S – Latchkey$/);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
      await expect(page.getByRole(landmark)).toHaveCount(1);
    }
    const ids = await page.locator('[id]').evaluateAll((elements) => elements.map((element) => element.id));
    expect(ids).toEqual([...new Set(ids)]);
    const { wide, seen } = await page.evaluate(() => ({ wide: document.scrollingElement!.scrollWidth, seen: innerWidth }));
    expect(wide, 'width of the content').toBeLessThanOrEqual(seen);
  });
}

test('titles are unique (ux 3)', async ({ page }) => {
  const titles: string[] = [];
  for (const path of ['/', '/sign-up', '/sign-in', '/forgot-password', '/reset-password']) {
    await page.goto(path);
    titles.push(await page.title());
  }
  expect(titles).toEqual([...new Set(titles)]);
});

test('forms carry what password managers look for (ux 12, ux 22)', async ({ page }) => {
  await page.goto('/sign-up');
  await expect(page.getByRole('main').locator('input:visible')).toHaveCount(2);
  const email = page.getByLabel('E-mail address');
  await expect(email).toHaveAttribute('type', 'email');
  await expect(email).toHaveAttribute('autocomplete', 'username');
  const chosen = page.getByLabel('Password', { exact: true });
  await expect(chosen).toHaveAttribute('autocomplete', 'new-password');
  await expect(chosen).toHaveId('new-password');
  await expect(chosen).toHaveAccessibleDescription(/At least 8 characters/);

  await page.goto('/sign-in');
  await expect(page.getByLabel('E-mail address or user name')).toHaveAttribute('autocomplete', /^username/);
  const current = page.getByLabel('Password', { exact: true });
  await expect(current).toHaveAttribute('autocomplete', 'current-password');
  await expect(current).toHaveId('current-password');

  for (const path of ['/sign-up', '/sign-in', '/forgot-password']) {
    await page.goto(path);
    await expect(page.locator('input[maxlength]')).toHaveCount(0);
    await expect(page.getByRole('main').getByRole('button', { disabled: true })).toHaveCount(0);
  }
});

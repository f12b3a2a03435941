// axe on every page and state, in light and dark, narrow and wide (ux 1). It runs as a script in the page, so scripting is on.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { PLACES } from '../support/places';
import { errorSummary, hydrated, sendSignIn } from '../support/steps';
import { expect, test } from '../support/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

for (const place of PLACES) {
  test(`axe: ${place.name} (ux 1)`, async ({ page, person, mailbox, server, ownServer, watch }) => {
    if (place.isMissing) watch.expect(/console error: .*404/);
    await place.open(page, { person, mailbox, server, ownServer });
    // The style page shows fields without waking them.
    if (await page.locator('html:has(script[type=module]) input[type=password]').count()) await hydrated(page);
    await expectNoViolationsInAnyLook(page);
  });
}

test('axe: refused by the browser alone (ux 1)', async ({ page }) => {
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(errorSummary(page)).toBeFocused();
  await expectNoViolationsInAnyLook(page);
});

test('axe: on its way to the server (ux 1)', async ({ page, person }) => {
  // An answer without content leaves the page as it is: waiting.
  await page.route('/api/**', (route) => route.fulfill({ status: 204 }));
  await page.goto('/sign-in');
  await hydrated(page);
  await sendSignIn(page, person.email, person.password);
  await expect(page.locator('main button[type=submit]')).toHaveAttribute('aria-busy', 'true');
  await expectNoViolationsInAnyLook(page);
});

test('axe: the meter, and a shown password (ux 1)', async ({ page }) => {
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('button', { name: 'Show password' }).click();
  for (const password of ['password', 'marble trolley unseen kettle']) {
    await page.getByLabel('Password', { exact: true }).fill(password);
    await expect(page.locator('[data-announced]')).not.toBeEmpty();
    await expectNoViolations(page);
  }
});

async function expectNoViolationsInAnyLook(page: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [320, 1280]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await test.step(`${colorScheme}, ${width} px`, () => expectNoViolations(page));
    }
  }
}

async function expectNoViolations(page: Page) {
  // axe is a script, so it cannot look into the frames that show mail; it would wait for each.
  const axe = new AxeBuilder({ page }).withTags(RULES).exclude('iframe[sandbox]');
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
  expect(found).toEqual([]);
}

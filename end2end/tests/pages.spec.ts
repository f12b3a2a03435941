// What every page must be, with scripting and without.
//
// Numbers like (ux 12) are lines of the acceptance list. Two lines are tested everywhere: the watch in support/test.ts fails
// any test on an error or a warning on the console and on a request that leaves the site (ux 6), and the project
// `no-scripting` runs every spec whose name does not say `script` with scripting off (ux 7). What has no test, and why:
//   9        the validator vnu: it needs Java; html.script.spec.ts asks html-validate alone
//   16       the duration of a keystroke: a figure, which `make lighthouse` prints
//   22       whether the browser offers to save: it asks in a window of its own, which it has none of in tests
//   23, 26-28, 32-36   passkeys and second factors: not there yet
//   38       the place of a session: addresses are not looked up anywhere

import type { Page } from '@playwright/test';
import { PLACES } from '../support/places';
import { signUp } from '../support/steps';
import { expect, test } from '../support/test';

const NARROW = { width: 320, height: 640 };
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };

test.use({ hasTouch: true });

for (const place of PLACES) {
  test(`${place.name}: landmarks, width, targets, motion, mirrored (ux 2, ux 3, ux 5, ux 8)`, async ({ page, person, mailbox, server, ownServer, watch }) => {
    if (place.isMissing) watch.expect(/console error: .*404/);
    await page.setViewportSize(NARROW);
    await place.open(page, { person, mailbox, server, ownServer });

    await test.step('ux 3: landmarks, one heading, the skip link first', async () => {
      await expect(page.locator('html')).toHaveAttribute('lang', 'en');
      await expect(page).toHaveTitle(/\S – Latchkey$/);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
        await expect(page.getByRole(landmark)).toHaveCount(1);
      }
      await expect(page.locator('a[href], button, input').first()).toHaveText('Skip to main content');
      const ids = await page.locator('[id]').evaluateAll((elements) => elements.map((element) => element.id));
      expect(ids).toEqual([...new Set(ids)]);
    });

    await test.step('ux 2: all of it fits a narrow window, and a wide one with large text', async () => {
      expect(await outside(page)).toEqual([]);
      for (const window of [WIDE, PHONE]) {
        await page.setViewportSize(window);
        await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
        expect(await outside(page), `at ${window.width} px with text of 200%`).toEqual([]);
        await page.evaluate(() => (document.documentElement.style.fontSize = ''));
      }
    });

    await test.step('ux 5: fingers hit what they aim at', async () => {
      for (const window of [PHONE, WIDE]) {
        await page.setViewportSize(window);
        expect(await tooSmall(page), `at ${window.width} px`).toEqual([]);
      }
    });

    await test.step('ux 8: nothing moves for who wants no motion', async () => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      expect(await motions(page)).toEqual([]);
    });

    await test.step('ux 8: right-to-left pages are mirrored, addresses and passwords are not', async () => {
      await page.setViewportSize(NARROW);
      const sign = page.getByRole('banner').getByRole('link').first();
      const before = (await sign.boundingBox())!;
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      const after = (await sign.boundingBox())!;
      expect(after.x).toBeCloseTo(NARROW.width - before.x - before.width, 0);
      expect(await outside(page)).toEqual([]);
      expect(await writtenRightToLeft(page)).toEqual([]);
    });
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
  await signUp(page, person);
  await note('/dashboard', '/account', '/account/password', '/account/sessions', '/account/activity', '/account/delete');
  expect(titles).toEqual([...new Set(titles)]);
});

test('forms carry what password managers look for (ux 7, ux 12, ux 14, ux 22)', async ({ page }) => {
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

/** What makes the page scroll sideways, and words that reach out of the window or of their box. */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.scrollingElement!.scrollWidth;
    const found = wide > innerWidth ? [`the page is ${wide} px wide in a window of ${innerWidth} px`] : [];
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      // A table scrolls in a region of its own, which takes the focus; the region itself must fit.
      if (element.parentElement!.closest('section[tabindex="0"]')) continue;
      const words = [...element.childNodes].filter((node) => node instanceof Text && node.data.trim());
      const isClippedOnPurpose = (around: Element | null): boolean =>
        around !== null && (getComputedStyle(around).clipPath !== 'none' || isClippedOnPurpose(around.parentElement));
      if (!words.length || !element.checkVisibility({ visibilityProperty: true }) || isClippedOnPurpose(element)) continue;
      const { overflowX, textOverflow } = getComputedStyle(element);
      if (overflowX !== 'visible' && textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth) {
        found.push(`cut off by its box: ${element.outerHTML}`);
      }
      const { left, right } = element.getBoundingClientRect();
      if (left < -0.5 || right > innerWidth + 0.5) found.push(`from ${left} to ${right} px: ${element.outerHTML}`);
    }
    return found;
  });
}

/**
 * Controls under 24 by 24 px, and inputs and main buttons under 44 px of height. As in WCAG 2.5.8, the height of a link
 * among the words of a sentence is that of its line.
 */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('a[href], button, input, select, summary, textarea')) {
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const isInSentence =
        getComputedStyle(element).display === 'inline' && element.parentElement!.textContent!.trim() !== element.textContent!.trim();
      if (isInSentence) continue;
      element.focus(); // the skip link is there only while it has the focus
      const { width, height } = element.getBoundingClientRect();
      const isLarge = element.matches('input:not([type=checkbox]), main button[type=submit], main a.button');
      if (width < 24 || height < (isLarge ? 44 : 24)) found.push(`${width} by ${height} px: ${element.outerHTML}`);
    }
    return found;
  });
}

/** What moves, or would when it changes. */
function motions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = document.getAnimations().map((animation) => `runs: ${JSON.stringify(animation.effect?.getComputedTiming())}`);
    for (const element of document.querySelectorAll('*')) {
      for (const part of ['', '::before', '::after']) {
        const { animationName, transitionDuration } = getComputedStyle(element, part);
        if (animationName !== 'none' || !/^(0s(, )?)+$/.test(transitionDuration)) found.push(`${part} of ${element.outerHTML}`);
      }
    }
    return found;
  });
}

/** Fields, and e-mail addresses by themselves, that do not read from left to right. */
function writtenRightToLeft(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.body.querySelectorAll('*')]
      .filter((element) => element.matches('input:not([type=checkbox])') || (!element.children.length && /^\S+@\S+$/.test(element.textContent!.trim())))
      .filter((element) => element.checkVisibility() && getComputedStyle(element).direction !== 'ltr')
      .map((element) => element.outerHTML),
  );
}

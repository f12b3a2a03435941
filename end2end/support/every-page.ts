// What every page must be, in any state; places.ts lists them.

import { readFileSync } from 'node:fs';
import type { Page, Response } from '@playwright/test';
import { problemsIn } from './html';
import type { Place, World } from './places';
import { hydrated } from './steps';
import { expect, test } from './test';
import type { Watch } from './watch';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const NARROW = { width: 320, height: 640 };
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };

interface Opened extends World {
  page: Page;
  watch: Watch;
  javaScriptEnabled: boolean | undefined;
}

/** Opens a place once, and looks at it in every way. A check that fails keeps none of the others from being made. */
export async function expectGoodPage(place: Place, { page, watch, javaScriptEnabled, ...world }: Opened) {
  const hasScript = javaScriptEnabled !== false;
  if (place.isMissing) watch.expect(/console error: .*404/);
  let served: Response | undefined;
  page.on('response', (response) => {
    const isDocument = response.status() === 200 || response.status() >= 400; // no redirect, and not without content
    if (isDocument && response.request().isNavigationRequest() && response.frame() === page.mainFrame()) served = response;
  });
  await page.setViewportSize(NARROW);
  await place.open(page, world);

  if (hasScript) {
    // What the server sends, before any script changes it. It is the same with scripting off, so once is enough.
    await test.step('ux 9: the HTML is valid', async () => {
      expect.soft(await problemsIn(await served!.text()), `${place.name}: HTML`).toEqual([]);
    });

    // axe is a script itself, so scripting is on.
    await test.step('ux 1: axe finds nothing, in light and dark, narrow and wide', async () => {
      // The style page shows fields without waking them.
      if (await page.locator('html:has(script[type=module]) input[type=password]').count()) await hydrated(page);
      await page.evaluate(AXE);
      for (const width of [NARROW.width, WIDE.width]) {
        await page.setViewportSize({ width, height: 800 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          expect.soft(await violations(page), `${place.name}: axe, ${colorScheme}, ${width} px`).toEqual([]);
        }
      }
      await page.emulateMedia({ colorScheme: null, reducedMotion: null });
      await page.setViewportSize(NARROW);
    });
  }

  await test.step('ux 3: landmarks, one heading, the skip link first', async () => {
    const soft = expect.configure({ soft: true, message: `${place.name}: landmarks` });
    await soft(page.locator('html')).toHaveAttribute('lang', 'en');
    await soft(page).toHaveTitle(/\S – Latchkey$/);
    await soft(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
      await soft(page.getByRole(landmark)).toHaveCount(1);
    }
    await soft(page.locator('a[href], button, input').first()).toHaveText('Skip to main content');
    const ids = await page.locator('[id]').evaluateAll((elements) => elements.map((element) => element.id));
    soft(ids).toEqual([...new Set(ids)]);
  });

  await test.step('ux 2: all of it fits a narrow window, and a wide one with large text', async () => {
    expect.soft(await outside(page), `${place.name}: width, at ${NARROW.width} px`).toEqual([]);
    for (const window of [WIDE, PHONE]) {
      await page.setViewportSize(window);
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
      expect.soft(await outside(page), `${place.name}: width, at ${window.width} px with text of 200%`).toEqual([]);
      await page.evaluate(() => (document.documentElement.style.fontSize = ''));
    }
  });

  await test.step('ux 5: fingers hit what they aim at', async () => {
    for (const window of [PHONE, WIDE]) {
      await page.setViewportSize(window);
      expect.soft(await tooSmall(page), `${place.name}: targets, at ${window.width} px`).toEqual([]);
    }
  });

  await test.step('ux 8: nothing moves for who wants no motion', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect.soft(await motions(page), `${place.name}: motion`).toEqual([]);
  });

  await test.step('ux 8: right-to-left pages are mirrored, addresses and passwords are not', async () => {
    await page.setViewportSize(NARROW);
    const sign = page.getByRole('banner').getByRole('link').first();
    const before = (await sign.boundingBox())!;
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const after = (await sign.boundingBox())!;
    expect.soft(after.x, `${place.name}: mirrored`).toBeCloseTo(NARROW.width - before.x - before.width, 0);
    expect.soft(await outside(page), `${place.name}: width, mirrored`).toEqual([]);
    expect.soft(await writtenRightToLeft(page), `${place.name}: direction`).toEqual([]);
  });
}

/** What axe finds, in a page that has it. */
function violations(page: Page): Promise<string[]> {
  return page.evaluate(async (tags) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // axe is a script, so it cannot look into the frames that show mail; it would wait for each.
    const { violations } = await axe.run(
      { exclude: ['iframe[sandbox]'] },
      { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] },
    );
    return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
  }, RULES);
}

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
      if (document.querySelector('dialog:modal') && !element.closest('dialog:modal')) continue; // out of reach
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

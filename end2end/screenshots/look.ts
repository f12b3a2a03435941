// How pictures are taken.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { ROOT } from '../support/programs';
import { hydrated } from '../support/steps';
import { test as base } from '../support/test';

export interface Look {
  /** Whether pages are mirrored. */
  isRightToLeft: boolean;
  /** In percent. */
  textSize: number;
}

interface Fixtures {
  /** Takes the picture of a whole page, which looks as it does to who has waited a moment. */
  shot(name: string): Promise<void>;
}

export const test = base.extend<Fixtures & Look>({
  isRightToLeft: [false, { option: true }],
  textSize: [100, { option: true }],

  shot: async ({ page, isRightToLeft, textSize }, use, { project }) => {
    const folder = join(ROOT, 'end2end/test-results/screenshots', project.name);
    mkdirSync(folder, { recursive: true });
    await use(async (name) => {
      await settle(page);
      await page.evaluate(
        ([isRightToLeft, textSize]) => {
          const { documentElement } = document;
          if (isRightToLeft) documentElement.dir = 'rtl';
          if (textSize !== 100) documentElement.style.fontSize = `${textSize}%`;
        },
        [isRightToLeft, textSize] as const,
      );
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: 'disabled' });
    });
  },
});

/** Waits until the script has taken over, and until the HTML parts of mail are there. */
export async function settle(page: Page) {
  if (await page.locator('html:has(script[type=module]) input[type=password]').count()) await hydrated(page);
  const frames = await page.locator('iframe').all();
  if (!frames.length) return;
  // They are drawn where they are in sight: a window in which everything is.
  const { width } = page.viewportSize()!;
  await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
  for (const frame of frames) await base.expect(frame.contentFrame().locator('h1')).toBeVisible();
}

// How pictures are taken.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { ROOT } from '../support/programs';
import { startServer, type Server } from '../support/server';

export interface Look {
  /** Whether pages are mirrored. */
  isRightToLeft: boolean;
  /** In percent. */
  textSize: number;
  /** Whether only what the README shows is kept, at the size of the window. */
  isForReadme: boolean;
}

interface Fixtures {
  server: Server;
  /** Takes the picture of a state. */
  shot(name: string): Promise<void>;
}

/** What the README shows. */
const README = ['sign-in', 'dashboard'];

export const test = base.extend<Fixtures & Look>({
  isRightToLeft: [false, { option: true }],
  textSize: [100, { option: true }],
  isForReadme: [false, { option: true }],

  // It believes what a page says of its own address, so that a long one can be seen.
  server: async ({}, use) => {
    const server = await startServer('sqlite', { LATCHKEY_TRUSTED_PROXIES: '["127.0.0.1/32"]' });
    await use(server);
    await server.stop();
  },

  baseURL: async ({ server }, use) => use(server.origin),

  shot: async ({ page, isRightToLeft, textSize, isForReadme }, use, { project }) => {
    const folder = join(ROOT, isForReadme ? 'docs/images' : `end2end/test-results/screenshots/${project.name}`);
    if (!isForReadme) rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    let number = 0;
    await use(async (name) => {
      if (isForReadme) {
        if (README.includes(name)) await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
        return;
      }
      await page.evaluate(
        ([isRightToLeft, textSize]) => {
          const { documentElement } = document;
          if (isRightToLeft) documentElement.dir = 'rtl';
          if (textSize !== 100) documentElement.style.fontSize = `${textSize}%`;
        },
        [isRightToLeft, textSize] as const,
      );
      number += 1;
      const path = join(folder, `${String(number).padStart(2, '0')}-${name}.png`);
      await page.screenshot({ path, fullPage: true, animations: 'disabled' });
    });
  },
});

// Pictures of every page and state, in test-results/screenshots/, for somebody to look at. Settings from the environment,
// besides those of playwright.config.ts:
//   README=1            renews the pictures in ../docs/images as well
//   WIDTHS=320,768      widths in CSS pixels, default: 390,1280
//   THEMES=dark         colour schemes, default: light,dark
//   RTL=1               mirrored, as for Arabic and Hebrew
//   TEXT=200            size of text in percent

import { defineConfig } from '@playwright/test';
import base from './playwright.config';
import type { Look } from './screenshots/look';

const list = (name: string, standard: string) => (process.env[name] || standard).split(',');
const sizes = list('WIDTHS', '390,1280').map((width) => ({ width: Number(width), height: Number(width) < 600 ? 844 : 800 }));
const isForReadme = process.env.README === '1';

export default defineConfig<Look>({
  ...base,
  testDir: 'screenshots',
  globalSetup: './screenshots/clear.ts',
  outputDir: 'test-results/screenshots-failed',
  timeout: 120_000,
  use: { ...base.use, trace: 'off', isRightToLeft: process.env.RTL === '1', textSize: Number(process.env.TEXT || 100) },
  projects: [
    ...sizes.flatMap((viewport) =>
      list('THEMES', 'light,dark').map((theme) => ({
        name: `${viewport.width}-${theme}`,
        testMatch: 'pages.spec.ts',
        use: { viewport, colorScheme: theme as 'light' | 'dark' },
      })),
    ),
    ...(isForReadme
      ? [{ name: 'readme', testMatch: 'readme.spec.ts', use: { viewport: { width: 1280, height: 680 }, colorScheme: 'light' as const } }]
      : []),
  ],
});

// How `make lighthouse` measures: one thing at a time. Settings from the environment are those of playwright.config.ts.
// Lighthouse has a package.json of its own, so that nobody installs it for a build. It pins third-party-web, which one of
// Lighthouse's parts asks for as `latest`: a lock file cannot hold that.

import { defineConfig } from '@playwright/test';
import base from './playwright.config';

export default defineConfig({
  ...base,
  testDir: 'lighthouse',
  outputDir: 'test-results/lighthouse',
  timeout: 15 * 60_000,
  workers: 1,
  use: { ...base.use, trace: 'off' },
  projects: [{ name: 'lighthouse' }],
});

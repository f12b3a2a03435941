// How the end-to-end tests run. Settings from the environment:
//   LATCHKEY_BIN                the server, default: the newest build in ../target
//   CHROMIUM                    the browser, default: the one on PATH
//   LATCHKEY_TEST_POSTGRES_URL  a PostgreSQL that may be filled, for the project of that name
//   LATCHKEY_PYTHON             a Python with what api/requirements.txt says, default: the one scripts/setup.sh made
//   CI                          keeps no traces of tests that fail; recording them takes a sixth of the time

import { defineConfig, devices, type PlaywrightTestProject } from '@playwright/test';
import { findProgram } from './support/programs';
import type { WorkerOptions } from './support/test';

const isRoot = process.getuid?.() === 0;
const chromium = process.env.CHROMIUM || findProgram('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome');

const projects: PlaywrightTestProject<object, WorkerOptions>[] = [
  { name: 'scripting' },
  {
    name: 'no-scripting',
    testIgnore: '**/*.script.spec.ts',
    use: { javaScriptEnabled: false },
  },
];
if (process.env.LATCHKEY_TEST_POSTGRES_URL) {
  projects.push({ name: 'postgres', grep: /@main/, use: { database: 'postgres' } });
}

export default defineConfig<object, WorkerOptions>({
  testDir: 'tests',
  forbidOnly: true,
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 90_000, // for a machine that is busy; nothing here is about time
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    trace: process.env.CI ? 'off' : 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      chromiumSandbox: !isRoot,
      args: [
        ...(isRoot ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects,
});

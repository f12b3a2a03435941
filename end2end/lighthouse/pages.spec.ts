// Lighthouse as a phone, and how long a keystroke takes: figures of the machine it runs on, so not a part of the tests.

import type { Flags, Result } from 'lighthouse';
import { signUp } from '../support/steps';
import { expect, test } from '../support/test';

const RUNS = 3;
const MUST = { performance: 95, accessibility: 100, 'best-practices': 100, seo: 100 };
type Category = keyof typeof MUST;
const CATEGORIES = Object.keys(MUST) as Category[];
const METRICS = ['largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift'] as const;

const PAGES: { name: string; path: string; isPrivate?: boolean }[] = [
  { name: 'landing', path: '/' },
  { name: 'sign-in', path: '/sign-in' },
  { name: 'sign-up', path: '/sign-up' },
  { name: 'dashboard', path: '/dashboard', isPrivate: true },
];

test('Lighthouse (ux 52)', async ({ page, context, person, server, launchOptions }) => {
  await signUp(page, person);
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const line = (name: string, cells: string[]) => name.padEnd(10) + cells.map((cell) => cell.padStart(15)).join('');
  console.log(line(`of ${RUNS} runs`, [...CATEGORIES, 'LCP', 'TBT', 'CLS']));
  for (const { name, path, isPrivate } of PAGES) {
    // Search engines do not come to see what is private.
    const categories = CATEGORIES.filter((category) => !(isPrivate && category === 'seo'));
    const reports: Result[] = [];
    while (reports.length < RUNS) {
      const report = await run(server.origin + path, launchOptions, {
        onlyCategories: categories,
        extraHeaders: isPrivate ? { cookie } : undefined,
      });
      expect(new URL(report.finalDisplayedUrl).pathname).toBe(path);
      reports.push(report);
    }
    const scores = new Map(categories.map((category) => [category, 100 * median(reports.map((report) => report.categories[category]!.score ?? 0))]));
    const [lcp, tbt, cls] = METRICS.map((metric) => median(reports.map((report) => report.audits[metric]!.numericValue!)));
    const cells = CATEGORIES.map((category) => scores.get(category)?.toFixed(0) ?? 'private');
    console.log(line(name, [...cells, `${(lcp! / 1_000).toFixed(2)} s`, `${tbt!.toFixed(0)} ms`, cls!.toFixed(3)]));
    for (const [category, score] of scores) {
      expect.soft(score, `${category} of ${name}, which loses by ${losses(reports[0]!, category)}`).toBeGreaterThanOrEqual(MUST[category]);
    }
  }
});

test('keystrokes in the password of sign-up, CPU slowed by 4 (ux 16)', async ({ page }) => {
  await page.goto('/sign-up');
  const email = page.getByLabel('E-mail address');
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('password');
  await expect(page.locator('.meter')).toHaveAttribute('data-score', '0'); // the estimator is there
  await password.clear();
  await email.fill('Pasted-From-A-Manager-'.repeat(5).slice(0, 100));
  await email.press('ControlOrMeta+A');
  await email.press('ControlOrMeta+X');

  await page.evaluate(() => {
    const durations = new Map<number, number>();
    const note = (entries: PerformanceEntryList) => {
      for (const entry of entries as (PerformanceEventTiming & { interactionId: number })[]) {
        if (!entry.interactionId) continue;
        durations.set(entry.interactionId, Math.max(entry.duration, durations.get(entry.interactionId) ?? 0));
      }
    };
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
    Object.assign(window, { durations: () => (note(observer.takeRecords()), [...durations.values()]) });
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await password.press('ControlOrMeta+V');
  await expect(password).toHaveValue(/.{100}/);
  const keys = 'a few more words, typed at the pace of people '.repeat(3);
  await password.pressSequentially(keys, { delay: 50 });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await expect(page.locator('.meter')).toHaveAttribute('data-score', '4');

  // The browser reports what took 16 ms and more; the rest took no longer.
  const reported = await page.evaluate(() => (window as unknown as { durations(): number[] }).durations());
  const presses = keys.length + 1;
  const all = [...reported, ...Array<number>(Math.max(0, presses - reported.length)).fill(16)].sort((a, b) => a - b);
  const p98 = all[Math.ceil(0.98 * all.length) - 1]!;
  console.log(`keystrokes, CPU slowed by 4: p98 ${p98} ms, longest ${all.at(-1)} ms, of ${all.length}`);
});

/** One run in a browser of its own, as somebody comes who was never here; once more where the measuring itself failed. */
async function run(url: string, { executablePath, args = [] }: { executablePath?: string; args?: string[] }, flags: Flags): Promise<Result> {
  const { default: lighthouse } = await import('lighthouse');
  const { launch } = await import('chrome-launcher');
  for (let attempt = 1; ; attempt += 1) {
    const chrome = await launch({ chromePath: executablePath, chromeFlags: ['--headless=new', ...args] });
    try {
      const { lhr } = (await lighthouse(url, { ...flags, port: chrome.port, logLevel: 'error' }))!;
      if (!lhr.runtimeError) return lhr;
      if (attempt === 3) throw new Error(`${lhr.runtimeError.code}: ${lhr.runtimeError.message}`);
    } finally {
      chrome.kill();
    }
  }
}

function losses(report: Result, category: Category): string {
  const counted = report.categories[category]!.auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => report.audits[id]!);
  const lost = counted.filter(({ score }) => score !== null && score < 1);
  return lost.map(({ id, displayValue }) => `${id} ${displayValue ?? ''}`.trim()).join(', ');
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

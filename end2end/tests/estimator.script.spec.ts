// The estimator in the browser and the one on the server, which decides, must say the same.

import { estimateOnServer } from '../support/server';
import { hydrated } from '../support/steps';
import { expect, test } from '../support/test';

test('1,000 passwords are judged alike by browser and server', async ({ page }) => {
  const passwords = generatePasswords(1_000);
  await page.goto('/sign-up');
  await hydrated(page);
  const asked = page.waitForRequest('**/worker.js');
  await page.getByLabel('Password', { exact: true }).focus();
  const script = (await asked).url();
  const inBrowser = await page.evaluate(async ([script, passwords]) => {
    const worker = new Worker(script, { type: 'module' });
    const answers: string[] = [];
    return new Promise<string[]>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message || 'the Worker did not start'));
      worker.onmessage = ({ data: [number, json] }) => {
        answers[number] = json;
        if (Object.keys(answers).length === passwords.length) resolve(answers);
      };
      passwords.forEach((password, number) => worker.postMessage([number, password, '']));
    });
  }, [script, passwords] as const);

  const onServer = estimateOnServer(passwords);
  const judged = (answers: string[]) => passwords.map((password, number) => `${password} ${answers[number]}`);
  expect(judged(inBrowser)).toEqual(judged(onServer));

  // Every score occurs, so the comparison compares something.
  const scores = new Set(onServer.map((json) => JSON.parse(json).score));
  expect([...scores].sort()).toEqual([0, 1, 2, 3, 4]);
});

/** The same passwords at every run: words, dates, keyboard rows, digits, symbols, other scripts, and mixtures of them. */
function generatePasswords(count: number): string[] {
  const random = randomNumbers(20_261_120);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const words = ['password', 'dragon', 'sunshine', 'letmein', 'monkey', 'kettle', 'marble', 'trolley', 'correct', 'horse', 'battery', 'staple', 'summer', 'football', 'zebra', 'quixotic'];
  const rows = ['qwerty', 'asdfgh', '1qaz2wsx', 'zxcvbnm', 'abcdef', '987654', 'aaaa', 'abcabcabc'];
  const dates = ['1987', '2026', '13.05.1991', '2001-02-28', '31121999'];
  const others = ['пароль', '密码', 'שלום', 'straße', 'naïve', 'İstanbul', '🗝️', '👩‍👩‍👧', 'e\u0301', '\u00a0'];
  const symbols = [...'!@#$%^&*()_+-=[]{};:,.<>/?|~`\'"\\ '];
  const leet = (word: string) => word.replace(/[aeiost]/g, (letter) => (random() < 0.5 ? letter : '4310$7'['aeiost'.indexOf(letter)]!));
  const pieces = [
    () => pick(words),
    () => pick(words).toUpperCase(),
    () => pick(words)[0]!.toUpperCase() + pick(words).slice(1),
    () => leet(pick(words)),
    () => [...pick(words)].reverse().join(''),
    () => pick(rows),
    () => pick(dates),
    () => pick(others),
    () => pick(symbols),
    () => String(Math.floor(random() * 10_000)),
    () => Array.from({ length: 1 + Math.floor(random() * 12) }, () => String.fromCharCode(33 + Math.floor(random() * 94))).join(''),
    () => String.fromCodePoint(0xa1 + Math.floor(random() * 0x2000)),
  ];
  return Array.from({ length: count }, () => {
    const length = 1 + Math.floor(random() * 5);
    const separator = pick(['', '', '', ' ', '-', '.']);
    return Array.from({ length }, () => pick(pieces)()).join(separator);
  });
}

/** mulberry32: numbers from 0 to 1 that depend on the seed alone. */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

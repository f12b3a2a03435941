// Secrets that occur nowhere else go through the whole journey; afterwards they are looked for everywhere they must not be.

import { randomUUID } from 'node:crypto';
import { hydrated, sendSignIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

test('no secret is found in logs, database, pages, addresses or storage (ASVS 14.2.1, 14.3.3, 16.2.5)', async ({ page, person, ownServer, watch }) => {
  const server = await ownServer();
  watch.origins.add(server.origin);
  const secret = (what: string) => `${what} canary ${randomUUID()}`;
  const first = secret('first');
  const wrong = secret('wrong');
  const second = secret('second');
  const third = secret('third');
  const secrets = new Map([['the first password', first], ['a wrong one', wrong], ['the second', second], ['the third', third]]);
  const tokens = new Map<string, string>();

  const seen: string[] = [];
  const addresses: string[] = [];
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  page.on('request', (request) => addresses.push(request.url()));
  page.on('response', async (response) => {
    if (/html|json/.test(response.headers()['content-type'] ?? '')) seen.push(await response.text().catch(() => ''));
  });
  const keepCookies = async () => {
    for (const { name, value } of await page.context().cookies(server.origin)) {
      if (name !== 'latchkey-flash' && value) tokens.set(`cookie ${name}`, value);
    }
  };

  await test.step('the journey', async () => {
    await page.goto(`${server.origin}/sign-up`);
    await hydrated(page);
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(first);
    await page.getByRole('button', { name: 'Show password' }).click();
    await expect(page.locator('.meter')).toHaveAttribute('data-score', '4');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page).toHaveURL(`${server.origin}/dashboard`);
    await keepCookies();

    await page.goto(`${server.origin}/account/password`);
    await page.getByLabel('Current password').fill(wrong);
    await page.getByLabel('New password').fill(second);
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page).toHaveTitle(/^Error: /);
    await page.getByLabel('Current password').fill(first);
    await page.getByLabel('New password').fill(second);
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page).toHaveURL(`${server.origin}/dashboard`);
    await signOut(page, server.origin);

    await hydrated(page);
    await sendSignIn(page, person.email, wrong);
    await expect(page).toHaveTitle(/^Error: /);
    await page.goto(`${server.origin}/forgot-password`);
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    const mail = await page.request.get(`${server.origin}/dev/mail`);
    const link = /http:[^\s\"<]+\/reset-password\?token=[\w-]+/.exec(await mail.text())![0];
    const token = new URL(link).searchParams.get('token')!;
    await page.goto(link);
    addresses.splice(0, addresses.length, ...addresses.filter((address) => address !== link)); // as it was mailed
    await expect(page).toHaveURL(`${server.origin}/reset-password`);
    await page.getByLabel('New password').fill(third);
    await page.getByRole('button', { name: 'Save new password' }).click();
    await expect(page).toHaveURL(`${server.origin}/sign-in`);
    await sendSignIn(page, person.email, third);
    await expect(page).toHaveURL(`${server.origin}/dashboard`);
    await keepCookies();
    tokens.set('the token of the link', token);
  });

  const spellings = (text: string) => [text, encodeURIComponent(text), text.replaceAll(' ', '+'), Buffer.from(text).toString('base64')];
  const foundIn = (place: string) => [...secrets].filter(([, text]) => spellings(text).some((spelling) => place.includes(spelling))).map(([name]) => name);
  const storage = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]));
  const database = server.files().toString('latin1');
  for (const [name, place] of Object.entries({ log: server.log(), database, pages: seen.join('\n'), addresses: addresses.join('\n'), storage })) {
    expect(foundIn(place), name).toEqual([]);
  }
  // What opens a session or a form is no password, but its place is the cookie alone.
  for (const [name, value] of tokens) {
    for (const [place, text] of Object.entries({ log: server.log(), pages: seen.join('\n'), addresses: addresses.join('\n'), storage })) {
      expect(text.includes(value), `${name} in ${place}`).toBe(false);
    }
    // Mail is kept at a developer's desk, so the link of the newest one is there.
    if (name.startsWith('cookie')) expect(database.includes(value), `${name} in the database`).toBe(false);
  }
  // The search would find one: the address is no secret, and is there.
  expect(database).toContain(person.email);
  expect(seen.join('\n')).toContain(person.email);
  expect(database).not.toContain(first);
});

// Sessions and the audit log of the console: found, ended, deleted after a page that asks, exported, and still proven.

import { readFileSync } from 'node:fs';
import { expect, test } from '../support/test';
import { haveAccount, haveAdministrator } from '../support/requests';

test('a session is found, ended, and its record deleted', { tag: '@main' }, async ({ page, person, ownServer, anotherBrowser }) => {
  const server = await ownServer();
  const { origin } = server;
  await haveAdministrator(page, server, person);
  const other = await anotherBrowser();
  await haveAccount(other, { ...person, email: 'kim@example.com' }, origin);

  await page.goto(`${origin}/admin/sessions`);
  await expect(page.getByRole('status')).toHaveText('2 sessions');
  await page.getByLabel('E-mail address or user name').fill('kim@example.com');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/person=/);
  await expect(page.getByRole('status')).toHaveText('1 session');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Go on with selected' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('End 1 session?');
  await page.getByRole('button', { name: 'End 1 session' }).click();
  await expect(page.getByText('The sessions have ended.')).toBeVisible();
  await expect(page.getByRole('table')).toContainText('Ended by an administrator');
  await other.goto(`${origin}/dashboard`);
  await expect(other).toHaveURL(/sign-in/);

  await page.getByLabel('With these sessions').selectOption('Delete their records');
  await page.getByRole('button', { name: 'Go on with the 1 that matches' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Delete the records of 1 session?');
  await page.getByRole('button', { name: 'Delete 1 record' }).click();
  await expect(page.getByText('The records are deleted.')).toBeVisible();
  await expect(page.getByText('No session matches.')).toBeVisible();

  await page.goto(`${origin}/admin/audit?kind=records_deleted`);
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('table')).toContainText(person.email);
});

test('the log is filtered and exported (ux 47, ux 49)', async ({ page, person, ownServer }) => {
  const server = await ownServer();
  const { origin } = server;
  await haveAdministrator(page, server, person);
  await page.goto(`${origin}/admin/audit`);
  await page.getByLabel('What happened').selectOption('signed_in');
  await page.getByLabel('Done by').fill(person.email);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/kind=signed_in/);
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('table')).toContainText(person.email);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'As CSV' }).click();
  const csv = readFileSync(await (await download).path(), 'utf8');
  expect(csv.trimEnd().split('\r\n')).toHaveLength(2);
  expect(csv).toContain(`"${person.email}"`);

  await page.getByRole('link', { name: 'Clear' }).click();
  const whole = page.waitForEvent('download');
  await page.getByRole('button', { name: 'As JSON Lines' }).click();
  const lines = readFileSync(await (await whole).path(), 'utf8').trimEnd().split('\n');
  expect(JSON.parse(lines[0]!)).toMatchObject({ format: 'latchkey-audit-1', is_filtered: false });
  expect(JSON.parse(lines[1]!)).toMatchObject({ sequence: 1, previous: '0'.repeat(64) });
});

test('for everybody else there is no such page (ux 44)', async ({ page, person, ownServer, watch }) => {
  watch.expect(/console error: .*404/);
  const { origin } = await ownServer();
  await haveAccount(page, person, origin);
  for (const path of ['/admin/sessions', '/admin/sessions/act', '/admin/audit']) {
    const answer = await page.goto(origin + path);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  }
});

// The pages of one's own account: sessions, activity, user name, a copy of one's data, and the end of it.

import { readFile } from 'node:fs/promises';
import { OTHER_PASSWORD } from '../support/person';
import { haveAccount, haveSession, send } from '../support/requests';
import { expectProblems, sendSignIn } from '../support/steps';
import { expect, test } from '../support/test';

test('the account says what state everything is in, and leads there (ux 37)', async ({ page, person }) => {
  await haveAccount(page, person);
  await page.goto('/dashboard');
  await page.getByRole('banner').getByRole('link', { name: 'Your account' }).click();
  await expect(page).toHaveURL('/account');
  const parts = page.getByRole('main').getByRole('listitem').filter({ has: page.getByRole('heading') });
  await expect(parts.getByRole('heading')).toHaveText(['Password', 'E-mail address', 'Sessions', 'Activity', 'Your data', 'Delete account']);
  await expect(parts.nth(0)).toContainText('Last changed on');
  await expect(parts.nth(1)).toContainText('not confirmed');
  await expect(parts.nth(2)).toContainText('on this device alone');

  const ways = page.getByRole('navigation', { name: 'Pages of your account' });
  for (const [link, heading] of [
    ['Password', 'Change your password'],
    ['Sessions', 'Sessions'],
    ['Activity', 'Activity'],
    ['Delete', 'Delete your account'],
    ['Overview', 'Your account'],
  ] as const) {
    await ways.getByRole('link', { name: link }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expect(ways.getByRole('link', { name: link })).toHaveAttribute('aria-current', 'page');
  }
});

test('one session is ended, and its browser is out on its next request (ux 38)', { tag: '@main' }, async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  const phone = await anotherBrowser();
  await haveSession(phone, person);

  await page.goto('/account/sessions');
  const live = page.getByRole('region', { name: 'Signed in now' });
  await expect(live.getByRole('listitem')).toHaveCount(2);
  await expect(live.getByRole('listitem').first()).toContainText('This device');
  await expect(live.getByRole('listitem').first().getByRole('button')).toHaveCount(0);
  await expect(live.locator('time').first()).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT/);
  await live.getByRole('button', { name: /^End the session of/ }).click();

  await expect(page.getByRole('status').filter({ hasText: 'That session is ended.' })).toBeVisible();
  await expect(live.getByRole('listitem')).toHaveCount(1);
  await expect(page.getByRole('region', { name: 'Past sign-ins' })).toContainText('You ended it from another session');

  await phone.goto('/dashboard');
  await expect(phone).toHaveURL('/sign-in?next=/dashboard');
  await expect(phone.getByRole('status').filter({ hasText: 'This session was ended.' })).toBeVisible();
  await page.reload();
  await expect(page).toHaveURL('/account/sessions');
});

test('all other sessions are ended at once (ux 38)', async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  const others = [await anotherBrowser(), await anotherBrowser()];
  for (const other of others) await haveSession(other, person);
  await page.goto('/account/sessions');
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  for (const other of others) {
    await other.goto('/account');
    await expect(other).toHaveURL('/sign-in?next=/account');
  }
});

test('what happened is shown by kind, in the address (ux 41)', async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  const stranger = await anotherBrowser();
  await stranger.goto('/sign-in');
  await sendSignIn(stranger, person.email, OTHER_PASSWORD);
  await expect(stranger.getByRole('alert')).toBeVisible();

  await page.goto('/account/activity');
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events.getByRole('heading', { level: 3 })).toHaveText(['Sign-in failed', 'Signed in', 'Account created']);
  await expect(events.getByRole('listitem').first()).toContainText('The password was wrong');
  await page.getByLabel('Show').selectOption('Account and data');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL('/account/activity?group=account');
  await expect(page.getByLabel('Show')).toHaveValue('account');
  await expect(events.getByRole('heading', { level: 3 })).toHaveText(['Account created']);
  await page.goto('/account/activity?group=administrators');
  await expect(events).toContainText('There is nothing of this kind here.');
  await events.getByRole('link', { name: 'Show everything' }).click();
  await expect(events.getByRole('listitem')).toHaveCount(3);
});

test('a user name is changed', async ({ anotherBrowser, ownServer, person }) => {
  const server = await ownServer({ LATCHKEY_IDENTIFIER: 'either' });
  const page = await anotherBrowser();
  const username = person.email.split('@')[0]!;
  await send(page, 'sign_up', { username, new_password: person.password }, server.origin);
  await page.goto(`${server.origin}/account`);
  await page.getByRole('link', { name: 'Change user name' }).click();

  await page.getByLabel('New user name').fill('?');
  await page.getByRole('button', { name: 'Change user name' }).click();
  await expectProblems(page, /letters, digits, dots/);
  await page.getByLabel('New user name').fill('new-name');
  await page.getByRole('button', { name: 'Change user name' }).click();
  await expect(page).toHaveURL(`${server.origin}/account`);
  await expect(page.getByRole('status').filter({ hasText: 'Your user name is changed.' })).toBeVisible();
  await expect(page.getByRole('banner')).toContainText('new-name');
});

test('a copy of one’s data is a file', async ({ page, person }) => {
  await haveAccount(page, person);
  await page.goto('/account');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download your data' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('account.json');
  const copy = JSON.parse(await readFile(await file.path(), 'utf8'));
  expect(copy.profile.email).toBe(person.email);
  expect(copy.sessions).toHaveLength(1);
  await expect(page).toHaveURL('/account');
});

test('an account is deleted, and brought back by signing in (ux 40)', { tag: '@main' }, async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  const phone = await anotherBrowser();
  await haveSession(phone, person);
  await page.goto('/account');
  await page.getByRole('link', { name: 'Delete your account' }).click();
  const remove = page.getByRole('button', { name: 'Delete account' });

  await remove.click();
  await expectProblems(page, 'Enter your e-mail address or user name', 'Enter your password');
  await page.getByLabel('Type your e-mail address or user name').fill('somebody@example.com');
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await remove.click();
  await expectProblems(page, 'Enter the e-mail address or user name of this account');
  await expect(page.getByLabel('Type your e-mail address or user name')).toHaveValue('somebody@example.com');

  await page.getByLabel('Type your e-mail address or user name').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await remove.click();
  await expect(page).toHaveURL('/sign-in');
  await expect(page.getByRole('status').filter({ hasText: /Your account will be deleted on .* To keep it, sign in before then/ })).toBeVisible();
  await phone.goto('/dashboard');
  await expect(phone.getByRole('status').filter({ hasText: 'the account is to be deleted' })).toBeVisible();

  await sendSignIn(phone, person.email, person.password);
  await expect(phone).toHaveURL('/dashboard');
  await expect(phone.getByRole('status').filter({ hasText: 'Your account is kept' })).toBeVisible();
  await page.goto('/dashboard');
  await expect(page).toHaveURL('/sign-in?next=/dashboard');
});

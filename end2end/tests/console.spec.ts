// The console: finding people, acting on several and on one, adding and inviting; with scripting and without (ux 44-46, 48, 50).

import { invite, setUp } from '../support/console';
import { OTHER_PASSWORD } from '../support/person';
import { haveAccount, haveAdministrator, haveInvited } from '../support/requests';
import { expect, test } from '../support/test';

test('everybody else finds nothing there (ux 44)', async ({ page, person, ownServer, watch }) => {
  watch.expect(/console error: .*404/);
  const { origin } = await ownServer();
  for (const path of ['/admin', '/admin/people', '/admin/people/new']) {
    const answer = await page.goto(origin + path);
    expect(answer!.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  }
  await haveAccount(page, person, origin);
  await expect(page.getByRole('link', { name: 'Console' })).toHaveCount(0);
  expect((await page.goto(`${origin}/admin`))!.status()).toBe(404);
});

test('people are found, filtered and sorted, and the address says how (ux 45)', { tag: '@main' }, async ({ page, person, ownServer }) => {
  const server = await ownServer();
  await setUp(page, server, person);
  await invite(page, server.origin, 'kim@example.com', 'lee@example.com');
  await page.getByRole('link', { name: 'Console', exact: true }).click();
  await expect(page).toHaveURL(`${server.origin}/admin`);
  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'People' }).click();
  await expect(page.getByRole('status')).toHaveText('3 people');

  await page.getByLabel('E-mail address or user name').fill('KIM@');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByRole('status')).toHaveText('1 person');
  expect(new URL(page.url()).searchParams.get('q')).toBe('KIM@');
  await page.getByRole('link', { name: 'Clear' }).click();

  await page.getByLabel('Address', { exact: true }).selectOption('Unconfirmed');
  await page.getByLabel('State').selectOption('Active');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByRole('status')).toHaveText('2 people');
  await page.getByRole('link', { name: 'Person', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: 'Person' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(page.getByRole('rowheader')).toHaveText([/^kim@/, /^lee@/]);
  await page.getByRole('link', { name: 'Person', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: 'Person' })).toHaveAttribute('aria-sort', 'descending');
  await expect(page.getByRole('rowheader')).toHaveText([/^lee@/, /^kim@/]);
  await expect(page.getByLabel('State')).toHaveValue('active');

  await page.goto(`${server.origin}/admin/people?q=nobody`);
  await expect(page.getByText('Nobody matches.')).toBeVisible();
});

test('several are disabled at once, by keyboard, and each is accounted for (ux 46)', { tag: '@main' }, async ({ page, person, ownServer, anotherBrowser }) => {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  const other = await anotherBrowser();
  await haveAccount(other, { ...person, email: 'kim@example.com' }, server.origin);
  await page.goto(`${server.origin}/admin/people`);
  for (const name of ['kim@example.com', person.email]) {
    const tick = page.getByRole('checkbox', { name: `Select ${name}` });
    await tick.focus();
    await page.keyboard.press('Space');
    await expect(tick).toBeChecked();
  }
  await page.getByLabel('What to do').selectOption('Disable');
  await page.getByRole('button', { name: 'Go on with those selected' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Disable 1 person?');
  await expect(page.getByText('Your own account is left out.')).toBeVisible();
  await expect(page.getByRole('rowheader')).toHaveText([/^kim@/]);
  await page.getByRole('button', { name: 'Disable (1)' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Done for 1 of 1');
  await other.goto(`${server.origin}/dashboard`);
  await expect(other.getByText('This session was ended.')).toBeVisible();

  await page.getByRole('link', { name: 'Back to people' }).click();
  await page.getByLabel('What to do').selectOption('Enable');
  await page.getByRole('button', { name: 'Go on with all 2 that match' }).click();
  await page.getByRole('button', { name: 'Enable (2)' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'kim@' })).toContainText('Done');
  await expect(page.getByRole('row').filter({ hasText: person.email })).toContainText('Nothing to do');
});

test('one person: roles, sessions, reset, deletion (ux 48)', { tag: '@main' }, async ({ page, person, ownServer, anotherBrowser }) => {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  const other = await anotherBrowser();
  await haveAccount(other, { ...person, email: 'kim@example.com' }, server.origin);
  await page.goto(`${server.origin}/admin/people`);
  await page.getByRole('link', { name: 'kim@example.com' }).click();

  await page.getByLabel('Give a role').fill('No Role');
  await page.getByRole('button', { name: 'Give' }).click();
  await expect(page.getByRole('alert')).toContainText('lower-case letters');
  await page.getByLabel('Give a role').fill('admin');
  await page.getByRole('button', { name: 'Give' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The role is given.' })).toBeVisible();
  await other.goto(`${server.origin}/admin`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Overview');
  await page.getByRole('button', { name: 'Take away admin' }).click();
  await expect(page.getByText('No roles.')).toBeVisible();

  await page.getByRole('button', { name: 'Send reset mail' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'A mail with a link' })).toBeVisible();
  await expect(page.locator('input[type=password]')).toHaveCount(0);
  await page.getByRole('button', { name: /^End the session in/ }).click();
  await expect(page.getByText('Not signed in anywhere.')).toBeVisible();
  await other.goto(`${server.origin}/dashboard`);
  await expect(other.getByText('This session was ended.')).toBeVisible();

  await page.getByLabel('To be sure, type kim@example.com').fill('kim');
  await page.getByRole('button', { name: 'Delete account for good' }).click();
  await expect(page.getByRole('alert')).toContainText('Type exactly what is shown above');
  await page.getByLabel('To be sure, type kim@example.com').fill('kim@example.com');
  await page.getByRole('button', { name: 'Delete account for good' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The account is deleted.' })).toBeVisible();
  await expect(page.getByRole('rowheader')).toHaveCount(1);
});

test('who is invited chooses a password and signs in', async ({ page, person, mailbox, ownServer, anotherBrowser }) => {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  await haveInvited(page, server.origin, 'kim@example.com');
  const other = await anotherBrowser();
  await other.goto((await mailbox.at(server.origin).newest('kim@example.com', /^You are invited to Latchkey/)).link);
  await other.getByLabel('New password').fill(OTHER_PASSWORD);
  await other.getByRole('main').locator('button[type=submit]').click();
  await expect(other).toHaveURL(`${server.origin}/sign-in`);
  await other.getByLabel('Password', { exact: true }).fill(OTHER_PASSWORD);
  await other.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(other).toHaveURL(`${server.origin}/dashboard`);

  await page.goto(`${server.origin}/admin/people/new`);
  await page.getByLabel('E-mail address').fill('KIM@example.com');
  await page.getByRole('button', { name: 'Add account' }).click();
  await expect(page.getByRole('alert')).toContainText('Somebody has this e-mail address');
});

test('the overview has a picture, and the same numbers as a table (ux 50)', async ({ page, person, ownServer }) => {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  await page.goto(`${server.origin}/admin`);
  await expect(page.getByRole('img', { name: /sign-ins and .* failures in 30 days/ })).toBeVisible();
  await page.getByText('Show as a table').click();
  const table = page.getByRole('table', { name: /Sign-ins of the last 30 days/ });
  await expect(table.getByRole('rowheader')).toHaveCount(30);
});

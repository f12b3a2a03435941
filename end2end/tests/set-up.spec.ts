// The first administrator, by the link that the server printed.

import { expect, test } from '../support/test';

test('the printed link makes one administrator', { tag: '@main' }, async ({ page, person, ownServer, anotherBrowser }) => {
  const { origin, setUpLink } = await ownServer();
  await page.goto(setUpLink);
  await expect(page).toHaveURL(`${origin}/setup`);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page).toHaveURL(`${origin}/dashboard`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Administrator');

  const late = await anotherBrowser();
  await late.goto(setUpLink);
  await expect(late).toHaveURL(`${origin}/setup`);
  await expect(late.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
});

test('who signs up is no administrator', async ({ page, person, ownServer }) => {
  const { origin } = await ownServer();
  await page.goto(`${origin}/sign-up`);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Hello');
  await expect(page.getByText('Administrator')).toHaveCount(0);
});

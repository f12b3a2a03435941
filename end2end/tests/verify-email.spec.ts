// Proof that mail to an address arrives: asked for at sign-up, needed or not as the setting says.

import type { Page } from '@playwright/test';
import { OTHER_PASSWORD } from '../support/person';
import { haveAccount } from '../support/requests';
import { expectProblems, sendSignIn, signIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

test('a new address is marked, reminded of, and confirmed by a link and a button (ux 20, ux 21)', { tag: '@main' }, async ({ page, person, mailbox, request }) => {
  await haveAccount(page, person);
  await page.goto('/dashboard');
  await expect(page.getByRole('region', { name: 'You' })).toContainText('not confirmed');
  const [letter] = await mailbox.confirmations(person.email);
  expect(letter!.subject).toBe('Confirm your e-mail address for Latchkey');
  expect(letter!.text).toContain('within 24 hours');
  expect(letter!.text).toMatch(/When: .*UTC\nBrowser: Chrome.*\nAddress: 127\.0\.0\.1/);

  await test.step('looking at the link uses nothing up', async () => {
    await request.get(letter!.link);
    await request.head(letter!.link);
  });
  await page.goto(letter!.link);
  await expect(page).toHaveURL('/verify-email');
  await expect(page.getByRole('main')).toContainText(person.email);
  await expect(page.getByRole('main').locator('input:visible')).toHaveCount(0);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page).toHaveURL('/dashboard');
  await expect(page.getByRole('status').filter({ hasText: 'Your e-mail address is confirmed.' })).toBeVisible();
  await expect(page.getByRole('main')).not.toContainText('not confirmed');

  await page.goto(letter!.link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your e-mail address is confirmed');
  await signOut(page);
  await page.goto(letter!.link);
  await expectDeadLink(page);
});

test('in another browser the password is asked for, and signs in (ux 21)', async ({ page, person, mailbox, anotherBrowser }) => {
  await haveAccount(await anotherBrowser(), person);
  await page.goto((await mailbox.confirmations(person.email))[0]!.link);
  await expect(page.locator('input[autocomplete=username]')).toHaveValue(person.email);
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toHaveAttribute('autocomplete', 'current-password');
  await password.fill(OTHER_PASSWORD);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expectProblems(page, 'Enter the password you sign in with now');
  await password.fill(person.password);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page).toHaveURL('/dashboard');
});

test('the mail can be sent again, within a limit that is said (ux 20)', async ({ page, person, mailbox }) => {
  await haveAccount(page, person);
  await page.goto('/dashboard');
  await page.getByRole('link', { name: 'Confirm it now' }).click();
  await expect(page.getByRole('main')).toContainText(person.email);
  await expect(page.getByRole('main')).toContainText('a minute after the last one');
  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'a mail with a link is on its way.' })).toBeVisible();
  const [newer, older] = await mailbox.confirmations(person.email, 2);
  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await expectProblems(page, /^Too many requests in a short time\. Wait \d+ seconds, then try again\.$/);

  await page.goto(older!.link);
  await expectDeadLink(page);
  await page.goto(newer!.link);
  await expect(page.getByRole('button', { name: 'Confirm address' })).toBeVisible();
});

test('a mistyped address is changed before it is confirmed (ux 20)', async ({ page, person, mailbox }) => {
  const mistyped = { ...person, email: person.email.replace('visitor', 'vistor') };
  await haveAccount(page, mistyped);
  await page.goto('/dashboard');
  await page.getByRole('link', { name: 'Confirm it now' }).click();
  await page.getByRole('link', { name: 'Use another address' }).click();
  await expect(page).toHaveURL('/account/email');
  await page.getByLabel('New e-mail address').fill(person.email);
  await page.getByRole('button', { name: 'Change address' }).click();
  await expect(page.getByRole('main')).toContainText(person.email);
  await page.goto((await mailbox.confirmations(person.email))[0]!.link);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page).toHaveURL('/dashboard');
  await signOut(page);
  await signIn(page, person);
});

test.describe('where addresses must be confirmed', () => {
  const REQUIRED = { LATCHKEY_VERIFY_EMAIL: 'required' };

  test('a new and a known address get the same page, and the mail tells the truth (ux 18)', async ({ page, person, mailbox, ownServer }) => {
    const { origin } = await ownServer(REQUIRED);
    const newest = async (subject: RegExp) => (await mailbox.at(origin).newest(person.email, subject)).link;
    const send = async (password: string) => {
      await page.goto(`${origin}/sign-up`);
      await page.getByLabel('E-mail address').fill(person.email);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
      return `${page.url()} ${await page.locator('body').ariaSnapshot()}`;
    };

    const toNew = await send(person.password);
    const link = await newest(/^Confirm your e-mail address/);
    await page.goto(`${origin}/sign-in`);
    await sendSignIn(page, person.email, person.password);
    await expectProblems(page, /do not match/);
    await expect(page.getByRole('link', { name: 'Open the link in our mail first' })).toBeVisible();
    await page.goto(`${origin}/dashboard`);
    await expect(page).toHaveURL(`${origin}/sign-in?next=/dashboard`);

    await page.goto(await newest(/^Confirm your e-mail address/));
    expect(link).toContain('/verify-email?token=');
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await expect(page).toHaveURL(`${origin}/dashboard`);
    await signOut(page, origin);

    expect(await send(OTHER_PASSWORD)).toBe(toNew);
    await newest(/^You already have an account/);
    await page.goto(`${origin}/sign-in`);
    await sendSignIn(page, person.email, person.password);
    await expect(page).toHaveURL(`${origin}/dashboard`);
  });
});

async function expectDeadLink(page: Page) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
  await expect(page.getByRole('main')).toContainText('It was used, replaced by a newer one, or is older than 24 hours.');
  await expect(page.getByRole('button', { name: 'Mail me a link' })).toBeVisible();
}

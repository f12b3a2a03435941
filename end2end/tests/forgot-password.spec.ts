// "I forgot my password": a link by mail, and what becomes of it.

import type { Page } from '@playwright/test';
import { newPerson, OTHER_PASSWORD } from '../support/person';
import { endSession, haveAccount, haveSession, send } from '../support/requests';
import { askForLink, expectProblems, sendSignIn, signIn } from '../support/steps';
import { expect, test } from '../support/test';

test('a mailed link leads to a new password (ux 29, ux 30)', { tag: '@main' }, async ({ page, person, mailbox, anotherBrowser }) => {
  await haveAccount(page, person);
  await endSession(page);
  const phone = await anotherBrowser();
  await haveSession(phone, person);

  await askForLink(page, person.email);
  const letter = await mailbox.firstLetter(person.email);
  expect(letter.subject).toBe('Choose a new password for Latchkey');
  expect(letter.text).toMatch(/When: \d+ \w+ \d{4} at \d\d:\d\d UTC/);
  expect(letter.text).toMatch(/Browser: Chrome/);
  expect(letter.text).toMatch(/Address: 127\.0\.0\.1/);
  expect(letter.text).toContain('within 30 minutes');
  expect(letter.text).toContain(letter.link);

  await test.step('the link shows one field, and leaves the address bar', async () => {
    await page.goto(letter.link);
    await expect(page).toHaveURL('/reset-password');
    await expect(page.getByRole('main')).toContainText(person.email);
    await expect(page.locator('input:visible')).toHaveCount(1);
    await expect(page.getByLabel('New password')).toHaveAttribute('autocomplete', 'new-password');
    await expect(page.locator('input[autocomplete=username]')).toHaveValue(person.email);
  });

  await test.step('a weak password leaves the link alive', async () => {
    await chooseNewPassword(page, 'password');
    await expectProblems(page, /it is one of the passwords people try first/);
    await expect(page).toHaveURL('/reset-password');
  });

  await test.step('the new one signs nobody in', async () => {
    await chooseNewPassword(page, OTHER_PASSWORD);
    await expect(page).toHaveURL('/sign-in');
    await expect(page.getByRole('status').filter({ hasText: 'Your password is changed and all sessions have ended.' })).toBeVisible();
    await expect(page.getByLabel('E-mail address or user name')).toHaveValue(person.email);
    await page.goto('/dashboard');
    await expect(page).toHaveURL('/sign-in?next=/dashboard');
  });

  await test.step('the other device is out, and is told so', async () => {
    await phone.goto('/dashboard');
    await expect(phone).toHaveURL('/sign-in?next=/dashboard');
    await expect(phone.getByRole('status').filter({ hasText: 'This session was ended.' })).toBeVisible();
    await expect(phone.getByText(person.email)).toHaveCount(0);
  });

  await test.step('the old password is refused, the new one works', async () => {
    await page.goto('/sign-in');
    await sendSignIn(page, person.email, person.password);
    await expectProblems(page, /do not match/);
    await signIn(page, { ...person, password: OTHER_PASSWORD });
  });

  await test.step('a second mail says that it was changed', async () => {
    const [changed] = await mailbox.letters(person.email, 2);
    expect(changed!.subject).toBe('Your password at Latchkey was changed');
    expect(changed!.text).toMatch(/When: .*UTC\nBrowser: Chrome.*\nAddress: 127\.0\.0\.1/);
  });

  await test.step('the link works once', async () => {
    const finder = await anotherBrowser();
    await finder.goto(letter.link);
    await expectDeadLink(finder);
  });
});

test('known and unknown addresses get one answer (ux 29)', async ({ page, person, mailbox }) => {
  await haveAccount(page, person);
  await endSession(page);
  const unknown = newPerson();
  const answerTo = async (email: string) => {
    await askForLink(page, email);
    return (await page.locator('body').ariaSnapshot()).replaceAll(email, 'ADDRESS');
  };
  const toUnknown = await answerTo(unknown.email);
  expect(await answerTo(person.email)).toBe(toUnknown);

  // Requests are answered in turn, so a mail to the unknown address would have come before this one.
  await mailbox.firstLetter(person.email);
  await mailbox.letters(unknown.email, 0);
});

test('a newer link replaces the older one', { tag: '@main' }, async ({ page, person, mailbox }) => {
  await haveAccount(page, person);
  await endSession(page);
  await send(page, 'forgot_password', { email: person.email });
  await mailbox.letters(person.email, 1);
  await send(page, 'forgot_password', { email: person.email });
  const [newer, older] = await mailbox.letters(person.email, 2);

  await page.goto(older!.link);
  await expectDeadLink(page);
  await page.goto(newer!.link);
  await expect(page.getByLabel('New password')).toBeVisible();
});

test('a link that dies while its page is open says so', async ({ page, person, mailbox, anotherBrowser }) => {
  await haveAccount(page, person);
  await endSession(page);
  await send(page, 'forgot_password', { email: person.email });
  const { link } = await mailbox.firstLetter(person.email);
  await page.goto(link);
  const other = await anotherBrowser();
  await other.goto(link);
  await chooseNewPassword(other, OTHER_PASSWORD);
  await expect(other).toHaveURL('/sign-in');

  await chooseNewPassword(page, 'bronze walnut teapot cinema');
  await expectDeadLink(page);
});

test('looking at a link does not use it up (ux 21)', async ({ page, person, mailbox, request }) => {
  await haveAccount(page, person);
  await endSession(page);
  await send(page, 'forgot_password', { email: person.email });
  const { link } = await mailbox.firstLetter(person.email);
  await request.get(link);
  await request.head(link);
  await page.goto(link);
  await chooseNewPassword(page, OTHER_PASSWORD);
  await expect(page).toHaveURL('/sign-in');
});

test('what is no link says so', async ({ page }) => {
  for (const path of ['/reset-password', '/reset-password?token=', `/reset-password?token=${'A'.repeat(43)}`]) {
    await page.goto(path);
    await expect(page).toHaveURL('/reset-password');
    await expectDeadLink(page);
  }
});

async function chooseNewPassword(page: Page, password: string) {
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Save new password' }).click();
}

async function expectDeadLink(page: Page) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
  await expect(page.getByRole('main')).toContainText('It was used, replaced by a newer one, or is older than 30 minutes');
  await expect(page.getByRole('link', { name: 'Ask for a new link' })).toBeVisible();
}

// Another address in place of one that was proven (ux 40).

import type { Page } from '@playwright/test';
import type { Mailbox } from '../support/mailbox';
import type { Person } from '../support/person';
import { haveAccount, haveProven } from '../support/requests';
import { expectProblems, sendSignIn, signIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

test('both addresses are mailed, and the old one stays until the new one is confirmed (ux 40)', { tag: '@main' }, async ({ page, person, mailbox, anotherBrowser }) => {
  const renamed = { ...person, email: person.email.replace('visitor', 'renamed') };
  await haveProven(page, person, mailbox);
  await page.goto('/dashboard');
  await page.getByRole('link', { name: 'Change address' }).click();
  await expect(page).toHaveURL('/account/email');
  await expect(page.getByRole('main')).toContainText(`You use ${person.email} now.`);
  await expect(page.getByRole('main').locator('input:visible')).toHaveCount(1);

  await ask(page, person.email);
  await expectProblems(page, 'Enter an address that differs from the present one');
  await ask(page, renamed.email);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your new address');
  await expect(page.getByRole('main')).toContainText(`Until then you use ${person.email}.`);
  expect((await mailbox.firstLetter(person.email)).subject).toBe('A new e-mail address for your account at Latchkey');
  const [letter] = await mailbox.confirmations(renamed.email);
  expect(letter!.subject).toBe('Confirm your new e-mail address for Latchkey');

  await test.step('in another browser the password is asked for', async () => {
    const phone = await anotherBrowser();
    await phone.goto(letter!.link);
    await expect(phone.getByLabel('Password', { exact: true })).toBeVisible();
    await expect(phone.getByRole('main')).not.toContainText(person.email);
  });
  await page.goto(letter!.link);
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page).toHaveURL('/dashboard');
  await expect(page.getByRole('status').filter({ hasText: 'Your e-mail address is changed.' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(renamed.email);
  expect((await mailbox.letters(person.email, 2))[0]!.subject).toBe('Your e-mail address at Latchkey was changed');

  await signOut(page);
  await sendSignIn(page, person.email, person.password);
  await expectProblems(page, /do not match/);
  await signIn(page, renamed);
});

test('a wish can be sent again and given up (ux 40)', async ({ page, person, mailbox }) => {
  const wanted = person.email.replace('visitor', 'wanted');
  await pending(page, person, mailbox, wanted);
  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await expectProblems(page, /^Too many requests in a short time\. Wait \d+ seconds, then try again\.$/);
  const [letter] = await mailbox.confirmations(wanted);
  await page.getByRole('button', { name: 'Keep the present address' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Your e-mail address stays as it is.' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(`You use ${person.email} now.`);

  await page.goto(letter!.link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
  await page.getByRole('link', { name: 'See which address you use' }).click();
  await expect(page).toHaveURL('/account/email');
});

test('an address that somebody took meanwhile stays theirs (ux 40)', async ({ page, person, mailbox, anotherBrowser }) => {
  const wanted = { ...person, email: person.email.replace('visitor', 'wanted') };
  await pending(page, person, mailbox, wanted.email);
  const [letter] = await mailbox.confirmations(wanted.email);
  await page.goto(letter!.link);
  await haveAccount(await anotherBrowser(), wanted);
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
  await page.goto('/dashboard');
  await expect(page.getByRole('main')).toContainText(person.email);
});

async function ask(page: Page, email: string) {
  await page.getByLabel('New e-mail address').fill(email);
  await page.getByRole('button', { name: 'Change address' }).click();
}

/** Somebody whose address is confirmed asks for another one. */
async function pending(page: Page, person: Person, mailbox: Mailbox, wanted: string) {
  await haveProven(page, person, mailbox);
  await page.goto('/account/email');
  await ask(page, wanted);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your new address');
}

// A new password in exchange for the current one.

import type { Page } from '@playwright/test';
import { OTHER_PASSWORD } from '../support/person';
import { haveAccount, haveSession } from '../support/requests';
import { expectProblems, signIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

test('the current password is asked for (ux 31)', async ({ page, person }) => {
  await haveAccount(page, person);
  await page.goto('/dashboard');
  await page.getByRole('link', { name: 'Change password' }).click();
  await expect(page.getByLabel('Current password')).toHaveAttribute('autocomplete', 'current-password');
  await expect(page.getByLabel('New password')).toHaveAttribute('autocomplete', 'new-password');
  await expect(page.locator('input[autocomplete=username]')).toHaveValue(person.email);
  await expect(page.getByLabel('Sign out my other devices')).toBeChecked();

  await changePassword(page, OTHER_PASSWORD, OTHER_PASSWORD);
  await expectProblems(page, 'Enter the password you sign in with now');
  await expect(page.getByLabel('Current password')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Current password')).toHaveValue('');

  await changePassword(page, person.password, 'password');
  await expectProblems(page, /harder to guess/);
  await expect(page.getByLabel('New password')).toHaveAttribute('aria-invalid', 'true');

  await changePassword(page, person.password, person.password);
  await expectProblems(page, 'Choose a password that differs from the current one');
});

for (const signOutOthers of [true, false]) {
  const outcome = signOutOthers ? 'end when one asks for it' : 'go on when one does not';
  test(`other sessions ${outcome} (ux 31)`, { tag: '@main' }, async ({ page, person, mailbox, anotherBrowser }) => {
    await haveAccount(page, person);
    const phone = await anotherBrowser();
    await haveSession(phone, person);

    await page.goto('/account/password');
    await page.getByLabel('Sign out my other devices').setChecked(signOutOthers);
    await changePassword(page, person.password, OTHER_PASSWORD);
    await expect(page).toHaveURL('/dashboard');
    await expect(page.getByRole('status').filter({ hasText: 'Your password is changed.' })).toBeVisible();
    await expect(page.locator('input[type=password]')).toHaveCount(0);
    expect((await mailbox.firstLetter(person.email)).subject).toBe('Your password at Latchkey was changed');

    await phone.goto('/dashboard');
    if (signOutOthers) {
      await expect(phone).toHaveURL('/sign-in?next=/dashboard');
      await expect(phone.getByRole('status').filter({ hasText: 'This session was ended.' })).toBeVisible();
    } else {
      await expect(phone).toHaveURL('/dashboard');
      await expect(phone.getByText(person.email)).toBeVisible();
    }

    await page.reload();
    await expect(page.getByText(person.email)).toBeVisible();
    await signOut(page);
    await signIn(page, { ...person, password: OTHER_PASSWORD });
  });
}

test('a form of an ended session says so, and changes nothing', async ({ page, person, anotherBrowser }) => {
  await haveAccount(page, person);
  const laptop = await anotherBrowser();
  await haveSession(laptop, person);
  await page.goto('/account/password');
  await laptop.goto('/account/password');
  await changePassword(laptop, person.password, OTHER_PASSWORD);
  await expect(laptop).toHaveURL('/dashboard');

  await changePassword(page, OTHER_PASSWORD, person.password);
  await expect(page).toHaveURL('/sign-in?next=/account/password');
  await expect(page.getByRole('status').filter({ hasText: 'This session was ended.' })).toBeVisible();
  await signIn(page, { ...person, password: OTHER_PASSWORD });
});

async function changePassword(page: Page, current: string, next: string) {
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password').fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
}

// Mails that tell of what somebody else may have done, and the one link in them.

import { OTHER_PASSWORD } from '../support/person';
import { haveAccount, haveProven, haveSession, send } from '../support/requests';
import { expectProblems, sendSignIn, signIn } from '../support/steps';
import { expect, test } from '../support/test';

test('a sign-in with a strange browser is told of, and one press locks it out', { tag: '@main' }, async ({ page, person, mailbox, anotherBrowser, request }) => {
  await haveAccount(page, person);
  const strangers = await anotherBrowser();
  await haveSession(strangers, person);
  const [letter] = await mailbox.strangeSignIns(person.email);
  expect(letter!.subject).toBe('New sign-in to your account at Latchkey');
  expect(letter!.text).toMatch(/When: .*UTC\nBrowser: Chrome.*\nAddress: 127\.0\.0\.1/);
  await request.get(letter!.link);

  const reader = await anotherBrowser();
  await reader.goto(letter!.link);
  await expect(reader).toHaveURL('/not-me');
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('This was not me');
  await reader.getByRole('button', { name: 'Lock everybody out' }).click();
  await expect(reader).toHaveURL('/reset-password');
  await expect(reader.getByRole('status').filter({ hasText: 'All sessions have ended' })).toBeVisible();
  for (const browser of [page, strangers]) {
    await browser.goto('/dashboard');
    await expect(browser).toHaveURL('/sign-in?next=/dashboard');
    await expect(browser.getByRole('status').filter({ hasText: 'This session was ended.' })).toBeVisible();
  }
  await sendSignIn(strangers, person.email, person.password);
  await expectProblems(strangers, /do not match/);

  await reader.getByLabel('New password').fill(OTHER_PASSWORD);
  await reader.getByRole('button', { name: 'Save new password' }).click();
  await signIn(reader, { ...person, password: OTHER_PASSWORD });
  await reader.goto(letter!.link);
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('This link does not work');
  await expect(reader.getByRole('main')).toContainText('It was used, is older than 7 days, or you have chosen a new password since.');
});

test('an address that somebody else put in place of mine is given back', async ({ page, person, mailbox, anotherBrowser }) => {
  const theirs = person.email.replace('visitor', 'stranger');
  await haveProven(page, person, mailbox);
  await send(page, 'change_email', { email: theirs });
  await page.goto((await mailbox.confirmations(theirs))[0]!.link);
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page).toHaveURL('/dashboard');

  const reader = await anotherBrowser();
  await reader.goto((await mailbox.letters(person.email, 2))[0]!.link);
  await expect(reader.getByRole('main')).toContainText(`Your account gets the address ${person.email} back.`);
  await reader.getByRole('button', { name: 'Lock everybody out' }).click();
  await expect(reader.getByRole('main')).toContainText(`For ${person.email}.`);
  await reader.getByLabel('New password').fill(OTHER_PASSWORD);
  await reader.getByRole('button', { name: 'Save new password' }).click();
  await signIn(reader, { ...person, password: OTHER_PASSWORD });
  await expect(reader.getByRole('main')).not.toContainText('not confirmed');
});

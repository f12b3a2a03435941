// The way through every page and state. Waits for what is to be seen, never for time.

import { expect } from '@playwright/test';
import { test } from './look';

const EMAIL = 'sam@example.com';
const LONG_EMAIL = 'a.rather.long.name.for.the.person.at.this.desk@department-of-long-names.example.com';
const PASSWORD = 'copper lantern orbit mango';
const OTHER_PASSWORD = 'velvet harbour pickle cloud';
const LONG_ADDRESS = '2001:db8:1234:5678:9abc:def0:1234:5678';

test('every page and state', async ({ page, server, shot }) => {
  const summary = page.locator('#error-summary');
  const email = page.locator('#email');
  const identifier = page.locator('#identifier');
  const password = page.locator('#current-password');
  const newPassword = page.locator('#new-password');

  const islandsLive = async () => {
    for (const toggle of await page.locator('html:has(script[type=module]) .toggle').all()) await expect(toggle).toBeVisible();
  };
  const open = async (path: string) => {
    await page.goto(path);
    await islandsLive();
  };
  const arriveAt = async (path: string) => {
    await page.waitForURL(path);
    await islandsLive();
  };
  const send = (button: string) => page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  const choose = async (password: string, score: number) => {
    await newPassword.fill(password);
    await expect(page.locator('.meter')).toHaveAttribute('data-score', `${score}`);
  };
  const signIn = async (address: string, secret: string) => {
    await identifier.fill(address);
    await password.fill(secret);
    await send('Sign in');
    await arriveAt('/dashboard');
  };
  const signOut = async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await arriveAt('/sign-in');
  };

  await open('/');
  await shot('landing');
  await open('/no-such-page');
  await shot('not-found');
  await open('/dev/style');
  await shot('style');
  await open(server.setUpLink);
  await shot('set-up');
  await open('/setup?token=none');
  await shot('set-up-dead-link');

  await open('/sign-up');
  await shot('sign-up');
  await send('Create account');
  await expect(summary).toBeFocused();
  await shot('sign-up-errors');
  await open('/sign-up');
  await email.fill(EMAIL);
  await choose('abcdefgh1234', 1);
  await shot('sign-up-weak');
  await send('Create account');
  await expect(summary).toBeFocused();
  await islandsLive();
  await shot('sign-up-refused');
  await choose(PASSWORD, 4);
  await shot('sign-up-strong');
  await send('Create account');
  await arriveAt('/dashboard');
  await shot('dashboard-first');
  await open('/verify-email');
  await shot('verify-email-waiting');
  await open('/verify-email?token=none');
  await shot('verify-email-dead-link');
  await open('/account/email');
  await shot('change-email');
  await open('/dev/mail');
  await page.locator('.mail a[href*="/verify-email"]').first().click();
  await shot('verify-email');
  await send('Confirm address');
  await arriveAt('/dashboard');
  await shot('dashboard-confirmed');

  await signOut();
  await shot('sign-in-after-sign-out');
  await open('/sign-in');
  await shot('sign-in');
  await identifier.fill(EMAIL);
  await password.fill('not this one');
  await page.getByRole('button', { name: 'Show password' }).click();
  await page.locator('#remember').check();
  await shot('sign-in-shown');
  await send('Sign in');
  await expect(summary).toBeFocused();
  await islandsLive();
  await shot('sign-in-error');
  await page.goto('/dashboard');
  await arriveAt('/sign-in?next=**');
  await shot('sign-in-first');
  // An answer without content leaves the page as it is: waiting.
  await page.route('/api/**', (route) => route.fulfill({ status: 204 }));
  await identifier.fill(EMAIL);
  await password.fill(PASSWORD);
  await send('Sign in');
  await expect(page.locator('.form .button')).toHaveAttribute('aria-busy', 'true');
  await shot('sign-in-busy');
  await page.unroute('/api/**');
  await open('/sign-in');
  await signIn(EMAIL, PASSWORD);
  await shot('dashboard');

  await open('/account/password');
  await shot('change-password');
  await password.fill('not this one');
  await choose(OTHER_PASSWORD, 4);
  await send('Change password');
  await expect(summary).toBeFocused();
  await islandsLive();
  await shot('change-password-error');
  await password.fill(PASSWORD);
  await newPassword.fill(OTHER_PASSWORD);
  await send('Change password');
  await arriveAt('/dashboard');
  await shot('dashboard-password-changed');
  await signOut();

  await open('/forgot-password');
  await shot('forgot-password');
  await email.fill('sam@');
  await send('Mail me a link');
  await expect(summary).toBeFocused();
  await shot('forgot-password-error');
  await email.fill(EMAIL);
  await send('Mail me a link');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
  await shot('forgot-password-sent');
  await open('/dev/mail');
  // The HTML parts are drawn where they are in sight: a window in which everything is.
  const window = page.viewportSize()!;
  await page.setViewportSize({ ...window, height: await page.evaluate(() => document.documentElement.scrollHeight) });
  for (const frame of await page.locator('iframe').all()) await expect(frame.contentFrame().locator('h1')).toBeVisible();
  await shot('mail');
  await page.setViewportSize(window);
  await page.locator('.mail a[href*="/reset-password"]').first().click();
  await expect(newPassword).toBeVisible();
  await islandsLive();
  await shot('reset-password');
  await newPassword.fill(PASSWORD);
  await send('Save new password');
  await arriveAt('/sign-in');
  await shot('sign-in-after-reset');
  await open('/reset-password?token=none');
  await shot('reset-password-dead-link');

  await page.setExtraHTTPHeaders({ 'x-forwarded-for': LONG_ADDRESS });
  await open('/sign-up');
  await email.fill(LONG_EMAIL);
  await newPassword.fill(PASSWORD);
  await send('Create account');
  await arriveAt('/dashboard');
  await signOut();
  await signIn(LONG_EMAIL, PASSWORD);
  await shot('dashboard-long');
});

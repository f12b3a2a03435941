// Every page in every state that looks different, for the tests that all pages must pass and for the pictures.

import { expect, type Page } from '@playwright/test';
import type { Mailbox } from './mailbox';
import { OTHER_PASSWORD, PASSWORD, type Person } from './person';
import { endSession, forgetNotice, haveAccount, haveAdministrator, haveInvited, haveProven, haveSession, send } from './requests';
import type { Server } from './server';
import { errorSummary, expectProblems, hydrated, sendSignIn } from './steps';

export interface World {
  server: Server;
  mailbox: Mailbox;
  /** Somebody without an account yet. */
  person: Person;
  /** Starts another server, such as one that has no administrator yet; `settings` are environment variables. */
  ownServer(settings?: Record<string, string>): Promise<Server>;
}

export interface Place {
  name: string;
  /** Opens it. */
  open(page: Page, world: World): Promise<unknown>;
  /** Whether its document answers 404. */
  isMissing?: boolean;
}

/** Those that are the same with scripting and without. */
export const PLACES: Place[] = [
  { name: 'front page', open: (page) => page.goto('/') },
  { name: 'sign up', open: (page) => page.goto('/sign-up') },
  {
    name: 'sign up, refused',
    async open(page, { person }) {
      await page.goto('/sign-up');
      await page.getByLabel('E-mail address').fill(person.email);
      await page.getByLabel('Password', { exact: true }).fill('password');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expectProblems(page, /harder to guess/);
    },
  },
  {
    name: 'sign up, with a user name',
    async open(page, { ownServer }) {
      await page.goto(`${(await ownServer({ LATCHKEY_IDENTIFIER: 'either' })).origin}/sign-up`);
      await expect(page.getByLabel('User name')).toBeVisible();
    },
  },
  { name: 'sign in', open: (page) => page.goto('/sign-in') },
  {
    name: 'sign in, refused',
    async open(page, { person }) {
      await page.goto('/sign-in');
      await sendSignIn(page, person.email, person.password);
      await expectProblems(page, /do not match/);
    },
  },
  {
    name: 'sign in, too many tries',
    async open(page, { person }) {
      const attempt = { identifier: person.email, password: OTHER_PASSWORD };
      for (let tries = 0; tries < 5; tries += 1) expect(await send(page, 'sign_in', attempt)).toBe('/sign-in');
      await page.goto('/sign-in');
      await sendSignIn(page, person.email, person.password);
      await expectProblems(page, /^Too many/);
    },
  },
  {
    name: 'sign in, refused where addresses are confirmed first',
    async open(page, { person, ownServer }) {
      const { origin } = await ownServer({ LATCHKEY_VERIFY_EMAIL: 'required' });
      await page.goto(`${origin}/sign-in`);
      await sendSignIn(page, person.email, person.password);
      await expectProblems(page, /do not match/);
      await expect(page.getByRole('link', { name: 'Open the link in our mail first' })).toBeVisible();
    },
  },
  { name: 'sign in, asked for', open: (page) => page.goto('/dashboard') },
  {
    name: 'sign in, signed out',
    async open(page, { person }) {
      await haveAccount(page, person);
      await send(page, 'sign_out', {});
      await openTold(page, '/sign-in', 'You are signed out.');
    },
  },
  {
    name: 'sign in, session ended',
    async open(page, { person }) {
      await haveAccount(page, person);
      const ended = await page.context().cookies();
      await page.context().clearCookies();
      await haveSession(page, person);
      await send(page, 'end_other_sessions', {});
      await page.context().addCookies(ended);
      await openTold(page, '/dashboard', 'This session was ended. Sign in again to go on.');
      await expect(page).toHaveURL('/sign-in?next=/dashboard');
    },
  },
  {
    name: 'sign in, password changed by link',
    async open(page, { person, mailbox }) {
      await openResetLink(page, person, mailbox);
      await send(page, 'reset_password', { new_password: OTHER_PASSWORD });
      await openTold(page, '/sign-in', 'Your password is changed and all sessions have ended.');
    },
  },
  {
    name: 'sign in, account to be deleted',
    async open(page, { person }) {
      await haveAccount(page, person);
      await send(page, 'delete_account', { identifier: person.email, password: person.password });
      await openTold(page, '/sign-in', 'Your account will be deleted on');
    },
  },
  { name: 'forgot password', open: (page) => page.goto('/forgot-password') },
  {
    name: 'forgot password, refused',
    async open(page) {
      await page.goto('/forgot-password');
      await page.getByLabel('E-mail address').fill('sam@');
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await expectProblems(page, /like name@example.com/);
    },
  },
  {
    name: 'forgot password, sent',
    async open(page, { person }) {
      await page.goto(await send(page, 'forgot_password', { email: person.email }));
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    },
  },
  { name: 'reset password, dead link', open: (page) => page.goto('/reset-password') },
  { name: 'reset password', open: (page, { person, mailbox }) => openResetLink(page, person, mailbox) },
  {
    name: 'reset password, refused',
    async open(page, { person, mailbox }) {
      await openResetLink(page, person, mailbox);
      await page.getByLabel('New password').fill('password');
      await page.getByRole('button', { name: 'Save new password' }).click();
      await expectProblems(page, /harder to guess/);
    },
  },
  {
    name: 'reset password, invited',
    async open(page, { person, mailbox, ownServer }) {
      const server = await ownServer();
      await haveAdministrator(page, server, person);
      await haveInvited(page, server.origin, 'kim@example.com');
      await endSession(page, server.origin);
      await page.goto((await mailbox.at(server.origin).firstLetter('kim@example.com')).link);
      await expect(page.getByLabel('New password')).toBeVisible();
    },
  },
  {
    name: 'reset password, after "not me"',
    async open(page, world) {
      await openNotMe(page, world);
      await send(page, 'not_me', {});
      await openTold(page, '/reset-password', 'All sessions have ended');
    },
  },
  { name: 'dashboard', open: (page, { person }) => openAs(page, person, '/dashboard') },
  {
    name: 'dashboard, address confirmed',
    async open(page, { person, mailbox }) {
      await haveAccount(page, person);
      await page.goto((await mailbox.confirmations(person.email))[0]!.link);
      await page.getByRole('button', { name: 'Confirm address' }).click();
      await expect(page).toHaveURL('/dashboard');
      await expect(page.getByRole('status').filter({ hasText: 'Your e-mail address is confirmed.' })).toBeVisible();
    },
  },
  {
    name: 'dashboard, long names',
    async open(page, { ownServer }) {
      // It believes what a proxy says of where the visitor is.
      const { origin } = await ownServer({ LATCHKEY_TRUSTED_PROXIES: '["127.0.0.1/32"]' });
      const email = 'a.rather.long.name.for.the.person.at.this.desk@department-of-long-names.example.com';
      await page.setExtraHTTPHeaders({ 'x-forwarded-for': '2001:db8:1234:5678:9abc:def0:1234:5678' });
      await page.goto(`${origin}/sign-up`);
      await page.getByLabel('E-mail address').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(page).toHaveURL(`${origin}/dashboard`);
    },
  },
  {
    name: 'dashboard, of an administrator',
    async open(page, { person, ownServer }) {
      const server = await ownServer();
      await haveAdministrator(page, server, person);
      await page.goto(`${server.origin}/dashboard`);
      await expect(page.getByRole('link', { name: 'Console' })).toBeVisible();
    },
  },
  { name: 'change password', open: (page, { person }) => openAs(page, person, '/account/password') },
  {
    name: 'change password, refused',
    async open(page, { person }) {
      await openAs(page, person, '/account/password');
      await page.getByLabel('Current password').fill(OTHER_PASSWORD);
      await page.getByLabel('New password').fill('copper lantern orbit mango');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expectProblems(page, 'Enter the password you sign in with now');
    },
  },
  {
    name: 'confirm password',
    async open(page, { person }) {
      await openAs(page, person, '/account/confirm?next=/account/email');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your password');
    },
  },
  {
    name: 'confirm password, refused',
    async open(page, { person }) {
      await openAs(page, person, '/account/confirm?next=/account/email');
      await page.getByLabel('Password', { exact: true }).fill(OTHER_PASSWORD);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await expectProblems(page, 'Enter the password you sign in with now');
    },
  },
  { name: 'change user name', open: openChangeUsername },
  {
    name: 'change user name, refused',
    async open(page, world) {
      await openChangeUsername(page, world);
      await page.getByLabel('New user name').fill('?');
      await page.getByRole('button', { name: 'Change user name' }).click();
      await expectProblems(page, /letters, digits, dots/);
    },
  },
  {
    name: 'verify e-mail, waiting',
    async open(page, { person }) {
      await openAs(page, person, '/verify-email');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    },
  },
  {
    name: 'verify e-mail, waiting without a session',
    async open(page, { person, ownServer }) {
      const { origin } = await ownServer({ LATCHKEY_VERIFY_EMAIL: 'required' });
      await page.goto(origin + (await send(page, 'sign_up', { email: person.email, new_password: person.password }, origin)));
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    },
  },
  {
    name: 'verify e-mail',
    async open(page, { person, mailbox }) {
      await haveAccount(page, person);
      await page.goto((await mailbox.confirmations(person.email))[0]!.link);
      await expect(page.getByRole('button', { name: 'Confirm address' })).toBeVisible();
    },
  },
  {
    name: 'verify e-mail, in another browser',
    async open(page, { person, mailbox }) {
      await haveAccount(page, person);
      await endSession(page);
      await page.goto((await mailbox.confirmations(person.email))[0]!.link);
      await expect(page.getByLabel('Password', { exact: true })).toBeVisible();
    },
  },
  {
    name: 'verify e-mail, done before',
    async open(page, { person, mailbox }) {
      await haveProven(page, person, mailbox);
      await page.goto((await mailbox.confirmations(person.email))[0]!.link);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your e-mail address is confirmed');
    },
  },
  { name: 'verify e-mail, asking', open: (page) => page.goto('/verify-email') },
  { name: 'verify e-mail, dead link', open: (page) => page.goto('/verify-email?token=none') },
  {
    name: 'verify e-mail, another address',
    async open(page, { person, mailbox }) {
      const wanted = await haveWish(page, person, mailbox);
      await page.goto((await mailbox.confirmations(wanted))[0]!.link);
      await expect(page.getByRole('button', { name: 'Use this address' })).toBeVisible();
    },
  },
  {
    name: 'verify e-mail, another address in another browser',
    async open(page, { person, mailbox }) {
      const wanted = await haveWish(page, person, mailbox);
      await endSession(page);
      await page.goto((await mailbox.confirmations(wanted))[0]!.link);
      await expect(page.getByLabel('Password', { exact: true })).toBeVisible();
    },
  },
  {
    name: 'verify e-mail, dead link to another address',
    async open(page, { person, mailbox }) {
      const wanted = await haveWish(page, person, mailbox);
      await send(page, 'cancel_email_change', {});
      await forgetNotice(page);
      await page.goto((await mailbox.confirmations(wanted))[0]!.link);
      await expect(page.getByRole('link', { name: 'See which address you use' })).toBeVisible();
    },
  },
  { name: 'change e-mail', open: (page, { person }) => openAs(page, person, '/account/email') },
  {
    name: 'change e-mail, confirmed before',
    async open(page, { person, mailbox }) {
      await haveProven(page, person, mailbox);
      await page.goto('/account/email');
    },
  },
  {
    name: 'change e-mail, refused',
    async open(page, { person, mailbox }) {
      await haveProven(page, person, mailbox);
      await page.goto('/account/email');
      await page.getByLabel('New e-mail address').fill(person.email);
      await page.getByRole('button', { name: 'Change address' }).click();
      await expectProblems(page, 'Enter an address that differs from the present one');
    },
  },
  {
    name: 'change e-mail, waiting',
    async open(page, { person, mailbox }) {
      await haveProven(page, person, mailbox);
      await page.goto('/account/email');
      await page.getByLabel('New e-mail address').fill(person.email.replace('visitor', 'renamed'));
      await page.getByRole('button', { name: 'Change address' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your new address');
    },
  },
  { name: 'account', open: (page, { person }) => openAs(page, person, '/account') },
  {
    name: 'sessions',
    async open(page, { person }) {
      await haveAccount(page, person);
      await endSession(page);
      await haveSession(page, person);
      await page.goto('/account/sessions');
    },
  },
  {
    name: 'sessions, of others too',
    async open(page, { person, server }) {
      await haveAccount(page, person);
      // A program with a name that is long and says nothing.
      await fetch(`${server.origin}/api/sign_in`, {
        method: 'POST',
        headers: { 'User-Agent': 'Kettle/'.padEnd(200, '1234567890.') },
        body: new URLSearchParams({ identifier: person.email, password: person.password }),
      });
      await page.goto('/account/sessions');
      await expect(page.getByRole('button', { name: 'End all other sessions' })).toBeVisible();
    },
  },
  { name: 'activity', open: (page, { person }) => openAs(page, person, '/account/activity') },
  {
    name: 'activity, older',
    async open(page, { person }) {
      await haveAccount(page, person);
      for (let times = 0; times < 20; times += 1) await haveSession(page, person);
      await page.goto('/account/activity');
      await page.getByRole('link', { name: 'Older' }).click();
      await expect(page.getByRole('link', { name: 'Newer' })).toBeVisible();
    },
  },
  { name: 'activity, nothing found', open: (page, { person }) => openAs(page, person, '/account/activity?group=administrators') },
  { name: 'delete account', open: (page, { person }) => openAs(page, person, '/account/delete') },
  {
    name: 'delete account, refused',
    async open(page, { person }) {
      await openAs(page, person, '/account/delete');
      await page.getByRole('button', { name: 'Delete account' }).click();
      await expectProblems(page, 'Enter your e-mail address or user name', 'Enter your password');
    },
  },
  { name: 'not me', open: openNotMe },
  { name: 'not me, dead link', open: (page) => page.goto('/not-me?token=none') },
  { name: 'set up, dead link', open: (page) => page.goto('/setup') },
  { name: 'set up', open: (page, { server }) => page.goto(server.setUpLink) },
  {
    name: 'set up, refused',
    async open(page, { server, person }) {
      await page.goto(server.setUpLink);
      await page.getByLabel('E-mail address').fill(person.email);
      await page.getByLabel('Password', { exact: true }).fill('password');
      await page.getByRole('button', { name: 'Create administrator' }).click();
      await expectProblems(page, /harder to guess/);
    },
  },
  { name: 'console', open: (page, world) => openConsole(page, world, '/admin') },
  { name: 'console, of many', open: (page, world) => openFullConsole(page, world, '/admin') },
  { name: 'console, people', open: (page, world) => openConsole(page, world, '/admin/people?state=active') },
  {
    name: 'console, many people',
    async open(page, world) {
      await openFullConsole(page, world, '/admin/people');
      await page.getByRole('link', { name: 'Next' }).click();
      await expect(page.getByRole('link', { name: 'Previous' })).toBeVisible();
    },
  },
  { name: 'console, nobody matches', open: (page, world) => openConsole(page, world, '/admin/people?q=nobody') },
  { name: 'console, before an act', open: (page, world) => openConsole(page, world, '/admin/people/act?act=disable&all=true') },
  {
    name: 'console, after an act',
    async open(page, world) {
      await openConsole(page, world, '/admin/people/act?act=enable&all=true');
      await page.getByRole('button', { name: /^Enable/ }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Done for/);
    },
  },
  {
    name: 'console, a person',
    async open(page, world) {
      await openConsole(page, world, '/admin/people');
      await page.getByRole('link', { name: world.person.email }).click();
      await expect(page.getByRole('heading', { level: 1 })).toContainText('This is you');
    },
  },
  { name: 'console, another person', open: openSignedIn },
  {
    name: 'console, a person, disabled, with roles',
    async open(page, world) {
      await openSignedIn(page, world);
      const { origin, pathname } = new URL(page.url());
      const person = pathname.split('/').at(-1)!;
      for (const role of ['admin', 'a-role-with-a-rather-long-name']) {
        await send(page, 'admin_role', { person, role, change: 'grant' }, origin);
      }
      await send(page, 'admin_person', { person, act: 'disable' }, origin);
      await openTold(page, page.url(), 'The account is disabled and its sessions have ended.');
      await expect(page.getByRole('button', { name: /^Take away/ })).toHaveCount(2);
    },
  },
  {
    name: 'console, a person, refused',
    async open(page, world) {
      await openConsole(page, world, '/admin/people');
      await page.getByRole('link', { name: 'kim@example.com' }).click();
      await page.getByRole('button', { name: 'Delete account for good' }).click();
      await expectProblems(page, /^Type exactly/);
    },
  },
  { name: 'console, add somebody', open: (page, world) => openConsole(page, world, '/admin/people/new') },
  {
    name: 'console, add somebody, refused',
    async open(page, world) {
      await openConsole(page, world, '/admin/people/new');
      await page.getByLabel('E-mail address').fill('KIM@example.com');
      await page.getByRole('button', { name: 'Add account' }).click();
      await expect(page.getByRole('alert')).toContainText('Somebody has this e-mail address');
    },
  },
  {
    name: 'console, somebody added',
    async open(page, world) {
      await openConsole(page, world, '/admin/people/new');
      await page.getByLabel('E-mail address').fill('lee@example.com');
      await page.getByRole('button', { name: 'Add account' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'the invitation is on its way' })).toBeVisible();
    },
  },
  { name: 'console, sessions', open: (page, world) => openConsole(page, world, '/admin/sessions') },
  { name: 'console, many sessions', open: (page, world) => openFullConsole(page, world, '/admin/sessions') },
  { name: 'console, no session matches', open: (page, world) => openConsole(page, world, '/admin/sessions?state=idle') },
  {
    name: 'console, before deleting records',
    async open(page, world) {
      await openConsole(page, world, '/admin/sessions');
      const { origin } = new URL(page.url());
      await endSession(page, origin);
      await haveSession(page, world.person, origin);
      await page.goto(`${origin}/admin/sessions/act?act=delete&all=true`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Delete the records of 1 session?');
    },
  },
  { name: 'console, no session meant', open: (page, world) => openConsole(page, world, '/admin/sessions/act?act=end') },
  { name: 'console, audit log', open: (page, world) => openConsole(page, world, '/admin/audit') },
  { name: 'console, long audit log', open: (page, world) => openFullConsole(page, world, '/admin/audit') },
  { name: 'console, audit log, filtered', open: (page, world) => openConsole(page, world, '/admin/audit?kind=signed_in') },
  { name: 'console, no event matches', open: (page, world) => openConsole(page, world, '/admin/audit?kind=not_me') },
  { name: 'mail', open: (page, world) => openMail(page, world) },
  {
    name: 'mail, nothing yet',
    async open(page, { ownServer }) {
      await page.goto(`${(await ownServer()).origin}/dev/mail`);
      await expect(page.getByText('Nothing yet.')).toBeVisible();
    },
  },
  { name: 'api', open: (page) => page.goto('/api-docs') },
  { name: 'style', open: (page) => page.goto('/dev/style') },
  { name: 'no such page', open: (page) => page.goto('/no-such-page'), isMissing: true },
];

/** Those that a script makes. */
export const SCRIPTED_PLACES: Place[] = [
  {
    name: 'sign up, refused by the browser',
    async open(page) {
      await page.goto('/sign-up');
      await hydrated(page);
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(errorSummary(page)).toBeFocused();
    },
  },
  { name: 'sign up, a weak password shown', open: (page) => openMeter(page, 'password') },
  { name: 'sign up, a strong password shown', open: (page) => openMeter(page, PASSWORD) },
  {
    name: 'sign in, on its way to the server',
    async open(page, { person }) {
      // An answer without content leaves the page as it is: waiting.
      await page.route('/api/**', (route) => route.fulfill({ status: 204 }));
      await page.goto('/sign-in');
      await hydrated(page);
      await sendSignIn(page, person.email, person.password);
      await expect(page.locator('main button[type=submit]')).toHaveAttribute('aria-busy', 'true');
    },
  },
  {
    name: 'dashboard, before the session ends',
    async open(page, { person }) {
      await page.clock.install();
      await openAs(page, person, '/dashboard');
      await page.waitForLoadState('networkidle');
      await page.clock.fastForward(28 * 60_000 + 1_000);
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await page.clock.resume();
    },
  },
];

/** Opens a page as somebody with a new account. */
async function openAs(page: Page, person: Person, path: string) {
  await haveAccount(page, person);
  await page.goto(path);
}

/** Opens a page that says what was done before. */
async function openTold(page: Page, path: string, told: string) {
  await page.goto(path);
  await expect(page.getByRole('status').filter({ hasText: told })).toBeVisible();
}

/** Makes an account whose owner wishes for another address, which is answered. */
async function haveWish(page: Page, person: Person, mailbox: Mailbox): Promise<string> {
  const wanted = person.email.replace('visitor', 'renamed');
  await haveProven(page, person, mailbox);
  expect(await send(page, 'change_email', { email: wanted })).toBe('/account/email');
  await forgetNotice(page);
  return wanted;
}

async function openResetLink(page: Page, person: Person, mailbox: Mailbox) {
  await haveAccount(page, person);
  await endSession(page);
  await send(page, 'forgot_password', { email: person.email });
  await forgetNotice(page);
  await page.goto((await mailbox.firstLetter(person.email)).link);
  await expect(page.getByLabel('New password')).toBeVisible();
}

async function openNotMe(page: Page, { person, mailbox }: World) {
  await haveAccount(page, person);
  await page.context().clearCookies();
  await haveSession(page, person);
  await page.goto((await mailbox.strangeSignIns(person.email))[0]!.link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This was not me');
}

async function openChangeUsername(page: Page, { person, ownServer }: World) {
  const { origin } = await ownServer({ LATCHKEY_IDENTIFIER: 'either' });
  await send(page, 'sign_up', { username: 'kim', new_password: person.password }, origin);
  await page.goto(`${origin}/account/username`);
  await expect(page.getByLabel('New user name')).toBeVisible();
}

/** Opens a page of the console as an administrator, on a server where there is somebody else. */
async function openConsole(page: Page, { person, ownServer }: World, path: string) {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  await haveInvited(page, server.origin, 'kim@example.com');
  await page.goto(server.origin + path);
}

/** The same where there are many. */
async function openFullConsole(page: Page, { person, ownServer }: World, path: string) {
  const server = await ownServer();
  await haveAdministrator(page, server, person);
  server.seed({ users: 60, sessions: 600 });
  await page.goto(server.origin + path);
}

/** Opens the console at somebody who is signed in. */
async function openSignedIn(page: Page, { person, ownServer }: World) {
  const server = await ownServer();
  const kim = { ...person, email: 'kim@example.com' };
  await haveAccount(page, kim, server.origin);
  await page.context().clearCookies();
  await haveAdministrator(page, server, person);
  await page.goto(`${server.origin}/admin/people`);
  await page.getByRole('link', { name: kim.email }).click();
  await expect(page.getByRole('button', { name: /^End the session in/ })).toBeVisible();
}

/** Opens mail of every kind that people get without asking for it. */
async function openMail(page: Page, { person, mailbox, ownServer }: World) {
  const { origin } = await ownServer();
  await haveAccount(page, person, origin);
  await page.context().clearCookies();
  await haveSession(page, person, origin);
  await mailbox.at(origin).strangeSignIns(person.email);
  await page.goto(`${origin}/dev/mail`);
}

async function openMeter(page: Page, password: string) {
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('button', { name: 'Show password' }).click();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await expect(page.locator('[data-announced]')).not.toBeEmpty();
}

// Every page in every state that looks different, for the tests that all pages must pass.

import { expect, type Page } from '@playwright/test';
import { invite, setUp } from './console';
import type { Mailbox } from './mailbox';
import type { Person } from './person';
import type { Server } from './server';
import { askForLink, confirmAddress, expectProblems, sendSignIn, signIn, signOut, signUp } from './steps';

interface World {
  server: Server;
  mailbox: Mailbox;
  /** Somebody without an account yet. */
  person: Person;
  /** Starts another server, such as one that has no administrator yet. */
  ownServer(): Promise<Server>;
}

export interface Place {
  name: string;
  /** Opens it. */
  open(page: Page, world: World): Promise<unknown>;
  /** Whether its document answers 404. */
  isMissing?: boolean;
}

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
  { name: 'sign in', open: (page) => page.goto('/sign-in') },
  {
    name: 'sign in, refused',
    async open(page, { person }) {
      await page.goto('/sign-in');
      await sendSignIn(page, person.email, person.password);
      await expectProblems(page, /do not match/);
    },
  },
  { name: 'sign in, asked for', open: (page) => page.goto('/dashboard') },
  { name: 'forgot password', open: (page) => page.goto('/forgot-password') },
  { name: 'forgot password, sent', open: (page, { person }) => askForLink(page, person.email) },
  { name: 'reset password, dead link', open: (page) => page.goto('/reset-password') },
  {
    name: 'reset password',
    async open(page, { person, mailbox }) {
      await signUp(page, person);
      await signOut(page);
      await askForLink(page, person.email);
      await page.goto((await mailbox.firstLetter(person.email)).link);
    },
  },
  { name: 'dashboard', open: (page, { person }) => signUp(page, person) },
  {
    name: 'change password',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/password');
    },
  },
  {
    name: 'verify e-mail, waiting',
    async open(page, { person }) {
      await signUp(page, person);
      await page.getByRole('link', { name: 'Confirm it now' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    },
  },
  {
    name: 'verify e-mail',
    async open(page, { person, mailbox }) {
      await signUp(page, person);
      await signOut(page);
      await page.goto((await mailbox.confirmations(person.email))[0]!.link);
    },
  },
  { name: 'verify e-mail, asking', open: (page) => page.goto('/verify-email') },
  { name: 'verify e-mail, dead link', open: (page) => page.goto('/verify-email?token=none') },
  {
    name: 'change e-mail',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/email');
    },
  },
  {
    name: 'account',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account');
    },
  },
  {
    name: 'sessions',
    async open(page, { person }) {
      await signUp(page, person);
      await signOut(page);
      await signIn(page, person);
      await page.goto('/account/sessions');
    },
  },
  {
    name: 'sessions, of others too',
    async open(page, { person, server }) {
      await signUp(page, person);
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
  {
    name: 'activity',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/activity');
    },
  },
  {
    name: 'activity, nothing found',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/activity?group=administrators');
    },
  },
  {
    name: 'delete account',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/delete');
    },
  },
  {
    name: 'delete account, refused',
    async open(page, { person }) {
      await signUp(page, person);
      await page.goto('/account/delete');
      await page.getByRole('button', { name: 'Delete account' }).click();
      await expectProblems(page, 'Enter your e-mail address or user name', 'Enter your password');
    },
  },
  {
    name: 'change e-mail, confirmed before',
    async open(page, { person, mailbox }) {
      await signUp(page, person);
      await confirmAddress(page, person, mailbox);
      await page.goto('/account/email');
    },
  },
  {
    name: 'change e-mail, waiting',
    async open(page, { person, mailbox }) {
      await signUp(page, person);
      await confirmAddress(page, person, mailbox);
      await page.goto('/account/email');
      await page.getByLabel('New e-mail address').fill(person.email.replace('visitor', 'renamed'));
      await page.getByRole('button', { name: 'Change address' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your new address');
    },
  },
  {
    name: 'not me',
    async open(page, { person, mailbox }) {
      await signUp(page, person);
      await page.context().clearCookies();
      await signIn(page, person);
      await page.goto((await mailbox.strangeSignIns(person.email))[0]!.link);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('This was not me');
    },
  },
  { name: 'not me, dead link', open: (page) => page.goto('/not-me?token=none') },
  { name: 'set up, dead link', open: (page) => page.goto('/setup') },
  { name: 'set up', open: (page, { server }) => page.goto(server.setUpLink) },
  { name: 'console', open: (page, world) => openConsole(page, world, '/admin') },
  { name: 'console, people', open: (page, world) => openConsole(page, world, '/admin/people?state=active') },
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
  { name: 'console, sessions', open: (page, world) => openConsole(page, world, '/admin/sessions') },
  { name: 'console, no session matches', open: (page, world) => openConsole(page, world, '/admin/sessions?state=idle') },
  {
    name: 'console, before deleting records',
    async open(page, world) {
      await openConsole(page, world, '/admin/sessions');
      const { origin } = new URL(page.url());
      await signOut(page, origin);
      await sendSignIn(page, world.person.email, world.person.password);
      await expect(page).toHaveURL(`${origin}/dashboard`);
      await page.goto(`${origin}/admin/sessions/act?act=delete&all=true`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Delete the records of 1 session?');
    },
  },
  { name: 'console, no session meant', open: (page, world) => openConsole(page, world, '/admin/sessions/act?act=end') },
  { name: 'console, audit log', open: (page, world) => openConsole(page, world, '/admin/audit') },
  { name: 'console, no event matches', open: (page, world) => openConsole(page, world, '/admin/audit?kind=not_me') },
  { name: 'mail', open: (page) => page.goto('/dev/mail') },
  { name: 'style', open: (page) => page.goto('/dev/style') },
  { name: 'no such page', open: (page) => page.goto('/no-such-page'), isMissing: true },
];

/** Opens a page of the console as an administrator, on a server where there is somebody else. */
async function openConsole(page: Page, { person, ownServer }: World, path: string) {
  const server = await ownServer();
  await setUp(page, server, person);
  await invite(page, server.origin, 'kim@example.com');
  await page.goto(server.origin + path);
}

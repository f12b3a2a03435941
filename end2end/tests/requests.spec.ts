// What the server answers to requests that no page of ours sends, and to addresses that no page has.

import { haveAccount } from '../support/requests';
import { signIn } from '../support/steps';
import { expect, test } from '../support/test';

const FORMS = ['sign_up', 'sign_in', 'sign_out', 'forgot_password', 'reset_password', 'change_password', 'set_up', 'verify_email', 'resend_verification', 'change_email', 'cancel_email_change', 'not_me', 'keep_session', 'set_theme'];

test('an unknown address is a page that says so, with the number of the request', async ({ page, watch }) => {
  watch.expect(/console error: .*404/);
  const answer = await page.goto('/no-such-page');
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  await expect(page.getByRole('main').locator('code')).toHaveText(answer!.headers()['x-request-id']!);
  await page.getByRole('link', { name: 'Go to the front page' }).click();
  await expect(page).toHaveURL('/');
});

for (const [alias, target] of [['/signup', '/sign-up'], ['/register', '/sign-up'], ['/login', '/sign-in']] as const) {
  test(`${alias} leads to ${target}`, async ({ page }) => {
    await page.goto(alias);
    await expect(page).toHaveURL(target);
  });
}

test('password managers find the way to change a password (ux 30)', async ({ page, person, request }) => {
  await haveAccount(page, person);
  await page.goto('/.well-known/change-password');
  await expect(page).toHaveURL('/account/password');
  for (const name of ['resource-that-should-not-exist-whose-status-code-should-not-be-200', 'passkey-endpoints', '']) {
    expect((await request.get(`/.well-known/${name}`)).status(), name).toBe(404);
  }
});

test('no server function answers GET', async ({ request }) => {
  for (const name of FORMS) {
    const answer = await request.get(`/api/${name}?identifier=x&password=x&email=x&new_password=x`);
    expect(answer.status(), name).toBe(405);
  }
});

test('no POST from another site is carried out, by its headers', async ({ request, server }) => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: server.origin },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: server.origin.replace('http:', 'https:') },
    { origin: `${server.origin}.evil.example` },
  ];
  for (const name of FORMS) {
    for (const headers of foreign) {
      const answer = await request.post(`/api/${name}`, { headers, form: { email: 'visitor@example.com' } });
      expect(answer.status(), `${name} ${JSON.stringify(headers)}`).toBe(403);
    }
  }
});

test('no POST from another site is carried out, by a page there', async ({ page, person, server, watch, anotherBrowser }) => {
  await haveAccount(page, person);
  const elsewhere = 'http://elsewhere.example/';
  watch.origins.add(new URL(elsewhere).origin);
  watch.expect(/console error: .*403/);
  await page.route(elsewhere, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><link rel="icon" href="data:,"><form method="post" action="${server.origin}/api/sign_out"><button>Win a prize</button></form>`,
    }),
  );
  await page.goto(elsewhere);
  const answered = page.waitForResponse('**/api/sign_out');
  await page.getByRole('button').click();
  expect((await answered).status()).toBe(403);
  await expect(page.getByRole('main')).toContainText('came from another site');

  await page.goto('/dashboard');
  await expect(page.getByText(person.email)).toBeVisible();
  await signIn(await anotherBrowser(), person);
});

test('pages are not stored, and say what browsers shall do with them', async ({ request }) => {
  const headers = (await request.get('/sign-in')).headers();
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
  });
});

// The HTML that the server sends where no page of ours leads. every-page.ts asks the same of every page.

import { problemsIn } from '../support/html';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

test('valid: errors of requests that no page of ours sends (ux 9)', async ({ request }) => {
  const headers = { accept: 'text/html' };
  const form = { identifier: 'visitor@example.com', password: 'x' };
  const answers = {
    403: await request.post('/api/sign_in', { headers: { ...headers, 'sec-fetch-site': 'cross-site' }, form }),
    404: await request.get('/no/such/page', { headers }),
    405: await request.get('/api/sign_in', { headers }),
    413: await request.post('/api/sign_in', { headers, form: { ...form, password: 'x'.repeat(1_000_000) } }),
    415: await request.post('/api/sign_in', { headers, data: form }),
  };
  for (const [status, answer] of Object.entries(answers)) {
    expect(answer.status()).toBe(Number(status));
    expect(await problemsIn(await answer.text()), status).toEqual([]);
  }
});

test('ids and names are the same after another start (ux 9)', async ({ page, ownServer }) => {
  const marks = async ({ origin, setUpLink }: Server) => {
    const found: string[] = [];
    for (const address of [`${origin}/sign-up`, `${origin}/sign-in`, `${origin}/forgot-password`, setUpLink]) {
      await page.goto(address);
      found.push(...(await page.locator('[id], [name]').evaluateAll((all) => all.map((one) => `${one.id} ${one.getAttribute('name')}`))));
    }
    return found;
  };
  const before = await marks(await ownServer());
  expect(before).toContain('current-password password');
  expect(await marks(await ownServer())).toEqual(before);
});

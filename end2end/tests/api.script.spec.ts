// The JSON API as other services use it: the commands of docs/api.md, and every answer held against the document.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import { newPerson, type Person } from '../support/person';
import { findPython, ROOT } from '../support/programs';
import { expect, test } from '../support/test';

/** Runs a program to its end; what it printed, and how it ended. */
async function run(command: string[], input = ''): Promise<{ code: number; output: string }> {
  // Where what they leave behind is in nobody's way.
  const cwd = test.info().outputDir;
  mkdirSync(cwd, { recursive: true });
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], cwd });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, output };
}

test('the commands of docs/api.md do what it says', async ({ ownServer }) => {
  const { origin } = await ownServer();
  const blocks = [...readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map((found) => found[1]!);
  expect(blocks.length).toBeGreaterThan(7);
  const script = blocks.join('').replace('http://127.0.0.1:3000', origin);
  const expected = script.match(/^# .*/gm)!.map((line) => line.slice(2));
  // Every answer on a line of its own, as one reads it in a terminal.
  const { code, output } = await run(['bash', '-euo', 'pipefail'], `curl() { command curl "$@"; local rc=$?; echo; return $rc; }\n${script}`);
  const lines = output.split('\n').filter(Boolean);
  expect(code, output).toBe(0);
  expect(lines).toHaveLength(expected.length);
  for (const [index, line] of expected.entries()) {
    const pattern = line.split('…').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expect(lines[index]).toMatch(new RegExp(`^${pattern.join('.+')}$`));
  }
});

async function signIn(request: APIRequestContext, origin: string, { email, password }: Person): Promise<string> {
  const answer = await request.post(`${origin}/auth/login`, { data: { email, password } });
  expect(answer.status()).toBe(200);
  return (await answer.json()).access_token;
}

for (const holder of ['an administrator', 'a person', 'nobody'] as const) {
  test(`no request of ${holder} is answered in a way that the document does not tell of`, async ({ ownServer, playwright }) => {
    test.slow();
    const server = await ownServer({ LATCHKEY_NETWORK_TRIES: '60000', LATCHKEY_NETWORK_REQUESTS: '60000' });
    const request = await playwright.request.newContext();
    const person = newPerson();
    expect((await request.post(`${server.origin}/users`, { data: person })).status()).toBe(201);
    if (holder === 'an administrator') server.run('user', 'role', 'grant', 'admin', person.email);
    let token = await signIn(request, server.origin, person);
    // What it would end with its own token is left out: what comes after it would be refused for that alone.
    const leftOut = ['/auth/logout'];
    if (holder === 'an administrator') {
      const scopes = ['account:read', 'account:write', 'admin:read', 'admin:write'];
      const made = await request.post(`${server.origin}/users/me/tokens`, {
        headers: { authorization: `Bearer ${token}` },
        data: { name: 'schemathesis', scopes },
      });
      token = (await made.json()).token;
    }
    const { code, output } = await run([
      ...[join(dirname(findPython()), 'schemathesis'), 'run', `${server.origin}/openapi.json`],
      ...(holder === 'nobody' ? [] : ['--header', `Authorization: Bearer ${token}`]),
      ...leftOut.flatMap((path) => ['--exclude-path', path]),
      // Which passwords are good, or which accounts there are, no schema can say.
      ...['--exclude-checks', 'positive_data_acceptance', '--warnings', 'off'],
      ...['--max-examples', '8', '--seed', '1', '--continue-on-failure', '--no-color', '--generation-database', 'none'],
    ]);
    expect(code, output).toBe(0);
    expect(server.log()).not.toContain('panicked');
    await request.dispose();
  });
}

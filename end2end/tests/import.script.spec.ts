// People of other programs, brought along with the passwords that they have.

import { join } from 'node:path';
import { PASSWORD } from '../support/person';
import { ROOT } from '../support/programs';
import { sendSignIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

const STORES = join(ROOT, 'src', 'tests', 'fixtures', 'stores');

test('people of other programs sign in with their old passwords', { tag: '@main' }, async ({ page, ownServer, playwright }) => {
  test.slow(); // twenty sign-ins
  const service = await playwright.request.newContext();
  const server = await ownServer();
  const hashOf = (identifier: string): string => {
    const people = server.run('export', '--with-hashes').trim().split('\n').map((line) => JSON.parse(line));
    return people.find(({ email, username }) => (email ?? username).toLowerCase() === identifier).password_hash;
  };
  // One signs in with a browser, the other over the API.
  for (const [program, file, identifier, begin, other, otherBegin] of [
    ['Flask and MongoDB', 'mongo-users.json', 'sam@mongo.example.com', '$2b$', 'kim@mongo.example.com', '$2b$'],
    ['Flask and SQLite', 'app.db', 'sam@sqlite.example.com', 'scrypt:', 'kim@sqlite.example.com', 'scrypt:'],
    ['a Flask API and MySQL', 'mysql-users.tsv', 'kim@mysql.example.com', 'pbkdf2:sha256:', 'sam@mysql.example.com', '$2a$'],
    ['Flask and a JSON file', 'users.json', 'sam.json', 'scrypt:', 'kim.json', 'scrypt:'],
    ['Flask and PostgreSQL', 'postgres-users.csv', 'kim_pg', '$2b$', 'sam.pg', 'pbkdf2:sha256:'],
  ] as const) {
    await test.step(program, async () => {
      expect(server.run('import', join(STORES, file), '--program', file)).toContain('2 rows: 2 were added');
      expect(hashOf(identifier).startsWith(begin)).toBe(true);
      // The second time against a hash of ours.
      for (let round = 0; round < 2; round += 1) {
        await page.goto(`${server.origin}/sign-in`);
        await sendSignIn(page, identifier, PASSWORD);
        await expect(page).toHaveURL(`${server.origin}/dashboard`);
        expect(hashOf(identifier)).toMatch(/^\$argon2id\$/);
        await signOut(page, server.origin);
      }
      expect(hashOf(other).startsWith(otherBegin)).toBe(true);
      const login = { data: { [other.includes('@') ? 'email' : 'username']: other, password: PASSWORD } };
      if (file === 'app.db') {
        expect((await service.post(`${server.origin}/auth/login`, login)).status(), 'disabled there as here').toBe(401);
        server.run('user', 'enable', other);
      }
      for (let round = 0; round < 2; round += 1) {
        const answer = await service.post(`${server.origin}/auth/login`, login);
        expect(answer.status()).toBe(200);
        expect(await answer.json()).toMatchObject({ token_type: 'Bearer' });
        expect(hashOf(other)).toMatch(/^\$argon2id\$/);
      }
    });
  }
});

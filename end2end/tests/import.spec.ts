// People of other programs, brought along with the passwords that they have.

import { join } from 'node:path';
import { PASSWORD } from '../support/person';
import { ROOT } from '../support/programs';
import { sendSignIn, signOut } from '../support/steps';
import { expect, test } from '../support/test';

const STORES = join(ROOT, 'src', 'tests', 'fixtures', 'stores');

test('people of other programs sign in with their old passwords', { tag: '@main' }, async ({ page, ownServer }) => {
  test.slow(); // ten sign-ins
  const server = await ownServer();
  const hashOf = (identifier: string): string => {
    const people = server.run('export', '--with-hashes').trim().split('\n').map((line) => JSON.parse(line));
    return people.find(({ email, username }) => (email ?? username).toLowerCase() === identifier).password_hash;
  };
  for (const [program, file, identifier, begin] of [
    ['Flask and MongoDB', 'mongo-users.json', 'sam@mongo.example.com', '$2b$'],
    ['Flask and SQLite', 'app.db', 'sam@sqlite.example.com', 'scrypt:'],
    ['a Flask API and MySQL', 'mysql-users.csv', 'kim@mysql.example.com', 'pbkdf2:sha256:'],
    ['Flask and a JSON file', 'users.json', 'sam.json', 'scrypt:'],
    ['Flask and PostgreSQL', 'postgres-users.csv', 'kim_pg', '$2b$'],
  ] as const) {
    await test.step(program, async () => {
      expect(server.run('import', join(STORES, file))).toContain('2 rows: 2 were added');
      expect(hashOf(identifier).startsWith(begin)).toBe(true);
      // The second time against a hash of ours.
      for (let round = 0; round < 2; round += 1) {
        await page.goto(`${server.origin}/sign-in`);
        await sendSignIn(page, identifier, PASSWORD);
        await expect(page).toHaveURL(`${server.origin}/dashboard`);
        expect(hashOf(identifier)).toMatch(/^\$argon2id\$/);
        await signOut(page, server.origin);
      }
    });
  }
});

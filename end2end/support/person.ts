// People of the tests. Each test makes its own, so that tests can run side by side.

import { randomUUID } from 'node:crypto';

export interface Person {
  email: string;
  password: string;
}

/** Strong enough for anybody, and nobody's own words. */
export const PASSWORD = 'marble trolley unseen kettle';
export const OTHER_PASSWORD = 'seventy quilted harbour onions';

export function newPerson(): Person {
  return { email: `visitor-${randomUUID().slice(0, 13)}@example.com`, password: PASSWORD };
}

/** What the dashboard calls somebody without a user name. */
export function nameOf(person: Person): string {
  return person.email.split('@')[0]!;
}

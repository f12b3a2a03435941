// The `test` that every spec uses: a server per worker, a person per test, and a watch on everything the browser says.

import { test as base, expect, type Page } from '@playwright/test';
import { Mailbox } from './mailbox';
import { newPerson, type Person } from './person';
import { startServer, type Database, type Server } from './server';
import { Watch } from './watch';

export { expect };

export interface WorkerOptions {
  /** What the servers keep their data in. */
  database: Database;
}

interface WorkerFixtures {
  /** The server that relative addresses lead to. */
  server: Server;
}

interface TestFixtures {
  /** Fails the test when something goes wrong that the test does not look at. */
  watch: Watch;
  /** Somebody without an account yet. */
  person: Person;
  /** The mail that the server has sent. */
  mailbox: Mailbox;
  /** Opens another browser: a page with a cookie jar of its own. */
  anotherBrowser(): Promise<Page>;
  /** Starts a server with settings of its own; `settings` are environment variables. */
  ownServer(settings?: Record<string, string>): Promise<Server>;
}

export const test = base.extend<TestFixtures, WorkerOptions & WorkerFixtures>({
  database: ['sqlite', { option: true, scope: 'worker' }],

  server: [
    async ({ database }, use) => {
      const server = await startServer(database);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  watch: [
    async ({ context, server }, use, testInfo) => {
      const watch = new Watch();
      watch.origins.add(server.origin);
      watch.follow(context);
      const logBefore = server.log().length;
      await use(watch);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server log', { body: server.log().slice(logBefore) });
      }
      expect(watch.report(), 'what the browser complained of').toEqual([]);
    },
    { auto: true },
  ],

  person: async ({}, use) => use(newPerson()),

  mailbox: async ({ request }, use) => use(new Mailbox(request)),

  anotherBrowser: async ({ browser, watch }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async () => {
      const context = await browser.newContext(); // with the project's settings, as `page` has them
      contexts.push(context);
      watch.follow(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  ownServer: async ({ database, watch, page }, use) => {
    const servers: Server[] = [];
    await use(async (settings) => {
      const server = await startServer(database, settings);
      servers.push(server);
      watch.origins.add(server.origin);
      return server;
    });
    if (servers.length) await page.goto('about:blank'); // or what the page still fetches finds nobody there
    await Promise.all(servers.map((server) => server.stop()));
  },
});

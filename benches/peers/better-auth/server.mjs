// Better Auth on Node with SQLite, beside which `make bench` measures: e-mail and password, everything at its defaults in
// production (scrypt, limits per address in memory, cookies). It has no pages of its own: the dashboard is the least that a
// server written with it would draw, and there is no sign-in page. Two processes, one for each core, as Node's manual has it
// with `cluster`. Must not be taken for an example of how to use it.
//
//   node server.mjs seed COUNT      makes the database with so many people
//   node server.mjs serve           listens on PEER_PORT
//   PEER_DATABASE, PEER_SECRET      the file, and what signs cookies
//   PEER_HASH=argon2                Argon2id m=19456 t=2 p=1, as Latchkey has it, instead of scrypt

import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import argon2 from '@node-rs/argon2';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { bearer } from 'better-auth/plugins';
import Database from 'better-sqlite3';

const PASSWORD = 'marble trolley unseen kettle';
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const port = Number(process.env.PEER_PORT || 0);

const database = new Database(process.env.PEER_DATABASE);
const options = {
  database,
  secret: process.env.PEER_SECRET,
  baseURL: `http://127.0.0.1:${port}`,
  emailAndPassword: { enabled: true },
  plugins: [bearer()],
};
if (process.env.PEER_HASH === 'argon2') {
  options.emailAndPassword.password = {
    hash: (password) => argon2.hash(password, ARGON2),
    verify: ({ hash, password }) => argon2.verify(hash, password),
  };
}

/** So many people with one password, hashed once. */
async function seed(count) {
  database.pragma('synchronous = off');
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const { internalAdapter, password } = await betterAuth(options).$context;
  const hash = await password.hash(PASSWORD);
  for (let n = 0; n < count; n += 1) {
    const user = await internalAdapter.createUser({ email: `person.${n}@example.com`, name: `Person ${n}`, emailVerified: true });
    await internalAdapter.linkAccount({ userId: user.id, providerId: 'credential', accountId: user.id, password: hash });
  }
}

function serve() {
  const auth = betterAuth(options);
  const handle = toNodeHandler(auth);
  const server = createServer(async (request, response) => {
    if (request.url !== '/dashboard') return handle(request, response);
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    if (!session) return response.writeHead(302, { location: '/' }).end();
    const { email, name, createdAt } = session.user;
    const page = `<!doctype html><html lang="en"><title>Dashboard</title><h1>${name}</h1><p>${email}, since ${createdAt.toISOString()}</p></html>`;
    return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  server.listen(port, '127.0.0.1');
}

if (process.argv[2] === 'seed') await seed(Number(process.argv[3]));
else if (cluster.isPrimary) for (let worker = 0; worker < availableParallelism(); worker += 1) cluster.fork();
else serve();

// Starts a Latchkey of our own: a free port, an empty database, cheap hashing, nobody else's settings.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServer, ROOT } from './programs';

export interface Server {
  /** Its origin, such as `http://127.0.0.1:40123`. */
  origin: string;
  /** The link it printed for the first administrator. */
  setUpLink: string;
  /** What it has printed so far. */
  log(): string;
  /** Everything in the folder it runs in: on SQLite, the whole database, byte for byte. */
  files(): Buffer;
  /** Types a command of `latchkey` beside it; what that prints. */
  run(...command: string[]): string;
  /** Fills its database with plausible people and sessions. */
  seed(counts: { users: number; sessions: number }): void;
  stop(): Promise<void>;
}

export type Database = 'sqlite' | 'postgres';

/** Starts a server and waits until it says where it is. `settings` are environment variables. */
export async function startServer(database: Database = 'sqlite', settings: Record<string, string> = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-e2e.'));
  const store = database === 'postgres' ? createPostgresDatabase() : { url: `sqlite://${folder}/l.db`, drop() {} };
  const options = {
    cwd: folder, // where no latchkey.toml and no .env is
    env: {
      ...withoutOurs(process.env),
      PORT: '0',
      DATABASE_URL: store.url,
      LATCHKEY_SITE_ROOT: join(ROOT, 'target', 'site'),
      LATCHKEY_ESTIMATOR_ROOT: join(ROOT, 'target', 'estimator'),
      LATCHKEY_ARGON2_MEMORY_KIB: '8',
      LATCHKEY_ARGON2_ITERATIONS: '1',
      // All people of the tests come from one network.
      LATCHKEY_NETWORK_TRIES: '10000',
      LATCHKEY_NETWORK_REQUESTS: '10000',
      // Beside an embedded database a file is made instead.
      ...(database === 'postgres' && { LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64url') }),
      ...settings,
    },
  };
  const child = spawn(findServer(), ['serve'], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = once(child, 'exit');
  const cleanUp = () => {
    process.off('exit', killWithUs);
    store.drop();
    rmSync(folder, { recursive: true });
  };

  let log = '';
  const setUpLink = await new Promise<string | undefined>((resolve) => {
    const read = (text: string) => {
      log += text;
      const link = /http:\S+\/setup\?token=\S+(?=\n)/.exec(log);
      if (link) resolve(link[0]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    exited.then(
      () => resolve(undefined),
      () => resolve(undefined),
    );
  });
  if (!setUpLink) {
    cleanUp();
    throw new Error(`The server did not start:\n${log}`);
  }
  return {
    origin: new URL(setUpLink).origin,
    setUpLink,
    log: () => log,
    files: () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name)))),
    run: (...command) => execFileSync(findServer(), command, { ...options, encoding: 'utf8' }),
    seed({ users, sessions }) {
      execFileSync(findServer(), ['dev', 'seed', '--users', `${users}`, '--sessions', `${sessions}`, '--among-others'], options);
    },
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await exited;
      cleanUp();
      if (code !== 0) throw new Error(`The server ended with ${code ?? signal}:\n${log}`);
    },
  };
}

/** What `latchkey estimate` says of each line. */
export function estimateOnServer(passwords: string[]): string[] {
  const output = execFileSync(findServer(), ['estimate'], { input: passwords.join('\n') + '\n', encoding: 'utf8' });
  return output.trimEnd().split('\n');
}

/** A developer's settings must not reach the servers under test. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(LATCHKEY|LEPTOS)_/.test(name)));
}

/** A database of our own in the PostgreSQL that LATCHKEY_TEST_POSTGRES_URL names. */
function createPostgresDatabase() {
  const admin = process.env.LATCHKEY_TEST_POSTGRES_URL;
  if (!admin) throw new Error('LATCHKEY_TEST_POSTGRES_URL is not set.');
  const name = `latchkey_e2e_${randomUUID().replaceAll('-', '')}`;
  const psql = (sql: string) => execFileSync('psql', ['--no-psqlrc', '--quiet', '--dbname', admin, '--command', sql]);
  psql(`CREATE DATABASE ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => psql(`DROP DATABASE ${name} WITH (FORCE)`) };
}

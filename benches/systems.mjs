// The systems that `make bench` puts side by side: Latchkey, and what people use instead (benches/peers). Each says how it is
// filled and started, and what each row of the table asks of it. Must not measure, nor be kinder to one than to another.
//
//   BENCH_PEERS      where scripts/setup.sh put the environments of the peers that are written in Python

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CORES, HASH, HERE, PASSWORD, Server, address, makeDatabase, exchange, form, importPeople, person, psql, request, scratch, serveLatchkey } from './lib.mjs';

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'latchkey/peers');
const PEERS = process.env.BENCH_PEERS || CACHE;
const SECRET = '0123456789abcdef'.repeat(3);
/** Signed-in people whose requests take turns. */
const SIGNED_IN = 20;
/** Requests in a list: each comes from another address. */
const LIST = 4_000;

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
const JSON_BODY = { 'content-type': 'application/json', accept: 'application/json' };
const from = (n) => ({ 'x-forwarded-for': address(n) });
/** A list of requests, the n-th made by `make(n)`. */
const list = (make, count = LIST) => Array.from({ length: count }, (_, n) => make(n));
/** What a gunicorn with synchronous workers is told, by its manual. */
const WORKERS = 2 * CORES + 1;

async function expect(answer, what, isRight) {
  const { status, header, body } = await answer;
  if (!isRight({ status, header, body })) throw new Error(`${what} answers ${status}, ${header('location')}: ${body.slice(0, 400)}`);
}

/** What all have in common: a filled database, a running server, and people who are signed in. */
export class System {
  constructor(name, { rows = ROWS } = {}) {
    this.name = name;
    /** The rows of the table that it takes part in. */
    this.rows = rows;
    this.next = SIGNED_IN;
  }

  /** Makes the database, with so many people. */
  async fill(people) {
    this.people = people;
    await this.seed(people);
  }

  /** Starts it, signs people in, and sees that every row gets the answer that it is about. */
  async start() {
    this.server = await this.run();
    await this.open?.();
    const cookies = [];
    const tokens = [];
    for (let n = 0; n < SIGNED_IN; n += 1) {
      const { sent, want } = this.signIn(n);
      const answer = await exchange(this.server.port, sent);
      if (answer.status !== want.status || (want.location && answer.header('location') !== want.location)) {
        throw new Error(`${this.name}: sign-in answers ${answer.status}, ${answer.header('location')}: ${answer.body.replace(/^.*<main/s, '<main').slice(0, 400)}`);
      }
      cookies.push({ cookie: answer.cookies.filter((cookie) => !cookie.endsWith('=')).join('; ') });
      if (this.rows.includes('/users/me')) tokens.push(await this.token(n, answer));
    }
    const asked = this.asked();
    const turns = { 'session check': cookies, dashboard: cookies, '/users/me': tokens, 'sign-in page': [{}] };
    this.lists = {};
    for (const row of this.rows.filter((its) => its !== 'sign-in')) {
      const [path, isRight] = asked[row];
      this.lists[row] = list((n) => request('GET', path, { ...turns[row][n % turns[row].length], ...from(n) }));
      await expect(exchange(this.server.port, this.lists[row][0]), `${this.name}: ${row}`, isRight);
    }
  }

  /** What to send for a row; of sign-ins, each time those of other people. */
  measured(row) {
    if (row !== 'sign-in') return { requests: this.lists[row] };
    const order = list((n) => SIGNED_IN + ((this.next - SIGNED_IN + n) % (this.people - SIGNED_IN)), this.people - SIGNED_IN);
    return { requests: order.map((n) => this.signIn(n).sent), want: this.signIn(SIGNED_IN).want };
  }

  /** So many people have signed in. */
  used(count) {
    this.next = SIGNED_IN + ((this.next - SIGNED_IN + count) % (this.people - SIGNED_IN));
  }
}

export const ROWS = ['sign-in', 'session check', '/users/me', 'dashboard', 'sign-in page'];

/** Latchkey as it comes. The cheapest of what a cookie opens is `/`, which sends who is signed in on to the dashboard. */
export class Latchkey extends System {
  constructor(engine, options) {
    super(engine === 'sqlite' ? 'Latchkey, SQLite' : 'Latchkey, PostgreSQL', options);
    this.engine = engine;
  }

  seed(people) {
    this.database = makeDatabase(this.engine, 'compared');
    importPeople(this.database, 0, people, HASH);
    if (this.engine === 'postgres') psql(this.database, 'vacuum analyze');
  }

  run() {
    return serveLatchkey(this.database);
  }

  signIn(n) {
    const body = form({ identifier: person(n), password: PASSWORD });
    const sent = request('POST', '/api/sign_in', { ...FORM, 'sec-fetch-site': 'same-origin', ...from(n) }, body);
    return { sent, want: { status: 303, location: '/dashboard' } };
  }

  /** The same from a program: a browser that is refused is sent back to the form, which says why, and this is told by a status. */
  login(n) {
    const body = JSON.stringify({ email: person(n), password: PASSWORD });
    return { sent: request('POST', '/auth/login', { ...JSON_BODY, ...from(n) }, body), want: { status: 200 } };
  }

  async token(n) {
    const answer = await exchange(this.server.port, this.login(n).sent);
    return { authorization: `Bearer ${JSON.parse(answer.body).access_token}` };
  }

  asked() {
    return {
      'session check': ['/', ({ header }) => header('location') === '/dashboard'],
      '/users/me': ['/users/me', ({ body }) => body.includes(person(0))],
      dashboard: ['/dashboard', ({ body }) => body.includes(person(0))],
      'sign-in page': ['/sign-in', ({ body }) => body.includes('name="password"')],
    };
  }
}

/** Better Auth, with its own endpoints; its token is that of the session, and not a JWT. */
export class BetterAuth extends System {
  constructor(hash) {
    super(`Better Auth${hash ? ', same hash' : ''}`, { rows: hash ? ['sign-in'] : ROWS.filter((row) => row !== 'sign-in page') });
    this.env = { PEER_HASH: hash, PEER_SECRET: SECRET, PEER_DATABASE: join(scratch, `better-auth${hash}.db`), NODE_ENV: 'production' };
    this.cwd = join(HERE, 'peers/better-auth');
  }

  seed(people) {
    execFileSync('node', ['server.mjs', 'seed', String(people)], { cwd: this.cwd, env: { ...process.env, ...this.env }, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  run() {
    return Server.start({ command: 'node', args: ['server.mjs', 'serve'], cwd: this.cwd, env: this.env, path: '/api/auth/ok' });
  }

  signIn(n) {
    const body = JSON.stringify({ email: person(n), password: PASSWORD });
    return { sent: request('POST', '/api/auth/sign-in/email', { ...JSON_BODY, ...from(n) }, body), want: { status: 200 } };
  }

  async token(n, answer) {
    return { authorization: `Bearer ${answer.header('set-auth-token')}` };
  }

  asked() {
    const isHere = ({ body }) => body.includes(person(0));
    return { 'session check': ['/api/auth/get-session', isHere], '/users/me': ['/api/auth/get-session', isHere], dashboard: ['/dashboard', isHere] };
  }
}

/** What the two in Python have in common: gunicorn, and forms with a token against CSRF, which is fetched once. */
class Gunicorn extends System {
  constructor(name, hash, folder, application) {
    super(`${name}${hash ? ', same hash' : ''}`, { rows: hash ? ['sign-in'] : ROWS });
    this.env = { PEER_HASH: hash, PEER_SECRET: SECRET, PEER_DATABASE: join(scratch, `${folder}${hash}.db`) };
    this.cwd = join(HERE, 'peers', folder);
    this.bin = join(PEERS, folder, 'bin');
    this.application = application;
    if (!existsSync(this.bin)) throw new Error(`${this.bin} is missing: scripts/setup.sh bench`);
  }

  seed(people) {
    const env = { ...process.env, ...this.env };
    execFileSync(join(this.bin, 'python'), ['server.py', 'seed', String(people)], { cwd: this.cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  run() {
    const args = ['--workers', String(WORKERS), '--bind', '127.0.0.1:{port}', `server:${this.application}`];
    return Server.start({ command: join(this.bin, 'gunicorn'), args, cwd: this.cwd, env: this.env, path: this.page });
  }

  async open() {
    const { body, cookies } = await exchange(this.server.port, request('GET', this.page, from(0)));
    this.csrf = { name: this.csrfField, value: body.match(new RegExp(`name="${this.csrfField}"[^>]*value="([^"]+)"`))[1], cookie: cookies.join('; ') };
  }

  signIn(n) {
    const body = form({ [this.identifierField]: person(n), password: PASSWORD, [this.csrf.name]: this.csrf.value });
    const sent = request('POST', this.page, { ...FORM, cookie: this.csrf.cookie, ...from(n) }, body);
    return { sent, want: { status: 302, location: '/dashboard' } };
  }
}

/** django-allauth with its own pages; its token, of its "headless" part, is that of the session, and not a JWT. */
export class DjangoAllauth extends Gunicorn {
  constructor(hash) {
    super('django-allauth', hash, 'django-allauth', 'application');
    this.page = '/accounts/login/';
    this.csrfField = 'csrfmiddlewaretoken';
    this.identifierField = 'login';
  }

  async token(n) {
    const body = JSON.stringify({ email: person(n), password: PASSWORD });
    const answer = await exchange(this.server.port, request('POST', '/_allauth/app/v1/auth/login', { ...JSON_BODY, ...from(n) }, body));
    return { 'x-session-token': JSON.parse(answer.body).meta.session_token };
  }

  asked() {
    const isHere = ({ body }) => body.includes(person(0));
    return {
      'session check': ['/me', isHere],
      '/users/me': ['/_allauth/app/v1/auth/session', isHere],
      dashboard: ['/dashboard', isHere],
      'sign-in page': [this.page, ({ body }) => body.includes('name="password"')],
    };
  }
}

/** Flask-Security with its own pages; its token is signed, and not a JWT. */
export class FlaskSecurity extends Gunicorn {
  constructor(hash) {
    super('Flask-Security', hash, 'flask-security', 'app');
    this.page = '/login';
    this.csrfField = 'csrf_token';
    this.identifierField = 'email';
  }

  async token(n) {
    const body = JSON.stringify({ email: person(n), password: PASSWORD, csrf_token: this.csrf.value });
    const headers = { ...JSON_BODY, cookie: this.csrf.cookie, ...from(n) };
    const answer = await exchange(this.server.port, request('POST', '/login?include_auth_token', headers, body));
    return { 'authentication-token': JSON.parse(answer.body).response.user.authentication_token };
  }

  asked() {
    const isHere = ({ body }) => body.includes(person(0));
    return {
      'session check': ['/me', isHere],
      '/users/me': ['/users/me', isHere],
      dashboard: ['/dashboard', isHere],
      'sign-in page': [this.page, ({ body }) => body.includes('name="password"')],
    };
  }
}

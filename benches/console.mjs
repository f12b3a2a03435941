// How long each page of the console takes with a thousand rows and with a million, on each engine. Prints a table, and fails
// where a page takes 50 ms more. Must not touch a database that was there before: each is made here and removed again.
//
//   node benches/console.mjs            needs a release build; LATCHKEY_BIN names another
//   LATCHKEY_TEST_POSTGRES_URL          a PostgreSQL server that may be filled; without it SQLite alone
//   BENCH_ENGINE=postgres       that one alone
//   BENCH_USERS, BENCH_SESSIONS     the large database, default 100000 and 300000: with their events a million rows

import { spawn } from 'node:child_process';
import { BIN, PASSWORD, cleanUp, engines, freePort, latchkey, makeDatabase, median, psql, stops } from './lib.mjs';

const ROUNDS = 25;
const MOST_MS_MORE = 50;
const SIZES = [
  { users: 1_000, sessions: 300 },
  { users: Number(process.env.BENCH_USERS || 100_000), sessions: Number(process.env.BENCH_SESSIONS || 300_000) },
];
const ADMINISTRATOR = 'bench-administrator@example.com';

function fill(engine, { users, sessions }) {
  const url = makeDatabase(engine, users);
  const begin = performance.now();
  latchkey(url, 'dev', 'seed', '--users', String(users), '--sessions', String(sessions));
  if (engine === 'postgres') psql(url, 'vacuum analyze');
  console.error(`${engine}: ${users} people and ${sessions} sessions in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  return url;
}

/** A server on a database, spoken to as an administrator's browser does. */
class Site {
  constructor(origin) {
    this.origin = origin;
    this.cookies = new Map();
  }

  static async start(database) {
    const printed = latchkey(database, 'user', 'create', '--email', ADMINISTRATOR, '--admin');
    const link = new URL(printed.match(/https?:\S+/)[0]);
    const port = await freePort();
    const env = { ...process.env, DATABASE_URL: database, PORT: String(port), LATCHKEY_LOG: 'error', LATCHKEY_REAUTH_MINUTES: '600' };
    const child = spawn(BIN, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    stops.push(() => child.kill());
    await new Promise((done, failed) => {
      child.stdout.on('data', (text) => String(text).includes(' is at ') && done());
      child.on('exit', () => failed(new Error('the server ended')));
    });
    const site = new Site(`http://127.0.0.1:${port}`);
    await site.get(link.pathname + link.search);
    await site.post('/api/reset_password', { new_password: PASSWORD });
    await site.post('/api/sign_in', { identifier: ADMINISTRATOR, password: PASSWORD });
    return site;
  }

  async send(path, init) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, cookie, accept: 'text/html', 'sec-fetch-site': 'same-origin' };
    const answer = await fetch(this.origin + path, { redirect: 'manual', ...init, headers });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return { status: answer.status, body: await answer.text() };
  }

  get(path) {
    return this.send(path, { method: 'GET' });
  }

  post(path, form) {
    return this.send(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  /** The pages of the console, some of them filtered, with the next page of each list. */
  async pages() {
    const filtered = [
      '/admin',
      '/admin/people',
      '/admin/people?q=amber',
      '/admin/people?q=maple.stone',
      '/admin/people?q=nobody-is-called-that',
      '/admin/people?role=admin',
      '/admin/people?state=locked',
      '/admin/people?state=disabled',
      '/admin/people?verified=no',
      '/admin/people?sort=last_sign_in',
      '/admin/people?sort=email',
      '/admin/people?order=reversed',
      '/admin/people/act?act=disable&all=true&state=active',
      '/admin/people/new',
      '/admin/sessions',
      '/admin/sessions?state=live',
      '/admin/sessions?state=ended',
      '/admin/sessions?state=replaced',
      '/admin/sessions?state=not_me',
      `/admin/sessions?from=${day(-40)}&until=${day(-30)}`,
      `/admin/sessions?person=${ADMINISTRATOR}`,
      '/admin/sessions/act?act=delete&all=true&state=idle',
      '/admin/audit',
      '/admin/audit?kind=sign_in_failed',
      '/admin/audit?kind=not_me',
      '/admin/audit?outcome=failure',
      `/admin/audit?actor=${ADMINISTRATOR}`,
      '/admin/audit?address=192.0.2.7',
      '/admin/audit?address=192.0.2.7&kind=signed_out',
      `/admin/audit?from=${day(-100)}&until=${day(-99)}`,
      '/account/sessions',
      '/account/activity',
    ];
    const pages = [];
    for (const path of filtered) {
      pages.push([path, path]);
      const { status, body } = await this.get(path);
      if (status !== 200) throw new Error(`${path} answers ${status}`);
      const next = body.match(/<a [^>]*rel="next"[^>]*>/)?.[0].match(/href="([^"]*)"/);
      if (next) pages.push([`${path}, next page`, next[1].replaceAll('&amp;', '&')]);
      const person = path === '/admin/people' && body.match(/href="(\/admin\/people\/[0-9a-f-]{36})"/);
      if (person) pages.push(['one person', person[1]]);
    }
    return new Map(pages);
  }
}

/** A day so many days from now, as filters have it. */
function day(from) {
  return new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10);
}

async function measure(engine) {
  const sites = [];
  for (const size of SIZES) sites.push(await Site.start(fill(engine, size)));
  const [small, large] = await Promise.all(sites.map((site) => site.pages()));
  let tooSlow = 0;
  const missing = [...large.keys()].filter((name) => name.includes('next page') && !small.has(name));
  if (missing.length) console.error(`compared with the first page of the small database: ${missing.join('; ')}`);
  console.log(`\n| ${engine} | ${SIZES.map(({ sessions }) => `${sessions} rows, ms`).join(' | ')} | more |\n| --- | ---: | ---: | ---: |`);
  for (const [name, path] of large) {
    const paths = [small.get(name) ?? small.get(name.split(',')[0]) ?? path, path];
    const times = [[], []];
    // One after the other, so that both see the same machine.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, site] of sites.entries()) {
        const begin = performance.now();
        const { status } = await site.get(paths[index]);
        times[index].push(performance.now() - begin);
        if (status !== 200) throw new Error(`${paths[index]} answers ${status}`);
      }
    }
    const [few, many] = times.map(median);
    if (many - few > MOST_MS_MORE) tooSlow += 1;
    console.log(`| ${name} | ${few.toFixed(1)} | ${many.toFixed(1)} | ${(many - few).toFixed(1)} |`);
  }
  return tooSlow;
}

let tooSlow = 0;
try {
  for (const engine of engines()) tooSlow += await measure(engine);
} finally {
  cleanUp();
}
console.log(`\n${tooSlow} pages take more than ${MOST_MS_MORE} ms longer`);
process.exitCode = tooSlow ? 1 : 0;

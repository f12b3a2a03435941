// What the benches share: databases and servers that end with the script, the load generator, figures. Must not measure anything
// by itself, nor touch a database that was there before.
//
//   LATCHKEY_BIN                    the release build, default target/release/latchkey
//   LATCHKEY_TEST_POSTGRES_URL      a PostgreSQL server that may be filled
//   BENCH_EXAMPLES                  the folder of the examples `limits` and `rush`, default: the one beside the release build

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const HERE = dirname(fileURLToPath(import.meta.url));
export const BIN = resolve(process.env.LATCHKEY_BIN || 'target/release/latchkey');
export const CORES = availableParallelism();
export const PASSWORD = 'marble trolley unseen kettle';
/** The password with the parameters that Latchkey has by default: m=19456, t=2, p=1. */
export const HASH = '$argon2id$v=19$m=19456,t=2,p=1$YvF8g4piaVsK9NNKNMLjyw$bM3txrgMadauXrTU3u5zAdWDGn3kVI9KvQHRotiz9YE';
/** The same with the least that Argon2 takes, to see everything but the hash. */
export const LEAST_HASH = '$argon2id$v=19$m=8,t=1,p=1$nuG3Yz5fyTuo+fY/vFIbBg$P7ExkIwvMMm5Qhe0iOHg/0RFjpJE5q+1KY5cP198Kws';
export const LEAST_COST = { LATCHKEY_ARGON2_MEMORY_KIB: '8', LATCHKEY_ARGON2_ITERATIONS: '1' };

export const scratch = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
/** Called at the end, the last first. */
export const stops = [];

/** Ends what was started and removes what was made. */
export function cleanUp() {
  for (const stop of stops.splice(0).toReversed()) stop();
  rmSync(scratch, { recursive: true, force: true });
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.on(signal, () => {
    cleanUp();
    process.exit(status);
  });
}

/** Runs `latchkey` to its end and answers with what it printed. */
export function latchkey(database, ...args) {
  const env = { ...process.env, DATABASE_URL: database, LATCHKEY_LOG: 'error' };
  return execFileSync(BIN, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 30 });
}

export function psql(server, sql) {
  execFileSync('psql', [server, '-qAtc', sql], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The URL of a database of one's own with nobody in it, which is gone at the end. */
export function makeDatabase(engine, name) {
  let url = `sqlite://${scratch}/${name}.db`;
  if (engine === 'postgres') {
    const server = process.env.LATCHKEY_TEST_POSTGRES_URL;
    const own = `latchkey_bench_${process.pid}_${name}`;
    psql(server, `create database ${own}`);
    stops.push(() => psql(server, `drop database ${own} with (force)`));
    url = server.replace(/\/[^/]*$/, `/${own}`);
  }
  latchkey(url, 'migrate');
  return url;
}

/** The engines to measure: `BENCH_ENGINE` names one; PostgreSQL takes part where there is a server. */
export function engines() {
  const all = process.env.LATCHKEY_TEST_POSTGRES_URL ? ['sqlite', 'postgres'] : ['sqlite'];
  return all.filter((engine) => !process.env.BENCH_ENGINE || process.env.BENCH_ENGINE === engine);
}

/** The n-th person of every bench. */
export const person = (n) => `person.${n}@example.com`;

/** Adds the people from one number up to another, all with one hash. */
export function importPeople(database, from, until, hash) {
  const file = join(scratch, 'people.csv');
  let rows = 'email,password\n';
  for (let n = from; n < until; n += 1) rows += `${person(n)},"${hash}"\n`;
  writeFileSync(file, rows);
  latchkey(database, 'import', file);
  rmSync(file);
}

/** An address of a network that is kept for benchmarks (RFC 2544); few of many requests come from one. */
export function address(n) {
  const spread = (n * 40_503) & 0x1ffff;
  return `198.${18 + (spread >> 16)}.${(spread >> 8) & 255}.${spread & 255}`;
}

export function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** A request as it goes over the wire. */
export function request(method, path, headers = {}, body = '') {
  const all = { host: '127.0.0.1', ...headers, ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

export const form = (values) => new URLSearchParams(values).toString();

/** Sends a request on a connection of its own and answers with what came, of which nothing is taken apart but the head. */
export function exchange(port, sent) {
  return new Promise((done, failed) => {
    const parts = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(sent.replace('\r\n', '\r\nconnection: close\r\n')));
    socket.on('data', (part) => parts.push(part));
    socket.on('error', failed);
    socket.on('close', () => {
      const text = Buffer.concat(parts).toString();
      const [head, ...rest] = text.split('\r\n\r\n');
      const [first, ...lines] = head.split('\r\n');
      const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
      const header = (name) => headers.find(([its]) => its === name)?.[1];
      const cookies = headers.filter(([its]) => its === 'set-cookie').map(([, value]) => value.split(';')[0]);
      done({ status: Number(first.split(' ')[1] || 0), header, cookies, body: rest.join('\r\n\r\n') });
    });
  });
}

/** A server in a process group of its own. */
export class Server {
  /** Starts it, and answers when it has answered `path` for the first time. */
  static async start({ command, args, env = {}, cwd, port, path }) {
    const server = new Server();
    server.port = port ?? (await freePort());
    const filled = (args ?? []).map((arg) => arg.replace('{port}', String(server.port)));
    const begin = performance.now();
    server.child = spawn(command, filled, {
      env: { ...process.env, PORT: String(server.port), PEER_PORT: String(server.port), ...env },
      cwd,
      detached: true,
      stdio: ['ignore', 'ignore', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
    });
    server.ended = new Promise((done) => server.child.once('exit', done));
    const stop = () => server.kill();
    stops.push(stop);
    server.forget = () => stops.splice(stops.indexOf(stop), 1);
    for (;;) {
      if (server.child.exitCode !== null) throw new Error(`${command} ended with ${server.child.exitCode}`);
      if (performance.now() - begin > 120_000) throw new Error(`${command} does not answer ${path}`);
      const answer = await exchange(server.port, request('GET', path, { 'x-forwarded-for': address(0) })).catch(() => undefined);
      if (answer?.status === 200) break;
      await pause(1);
    }
    server.startedIn = performance.now() - begin;
    return server;
  }

  kill() {
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  async stop() {
    this.forget();
    this.kill();
    await this.ended;
  }

  /** Waits until it does next to nothing: what a generator left behind would be counted against whoever comes next. */
  async rest() {
    let [before, patience] = [this.work(), 100];
    for (let now; patience > 0; patience -= 1, before = now) {
      await pause(100);
      now = this.work();
      if (now - before <= 1) return;
    }
  }

  /** Hundredths of a second of processors' time. */
  work() {
    return groupOf(this.child.pid).reduce((sum, { times }) => sum + times, 0);
  }

  /** Memory in MB. `now` and `peak` count a page that processes share once; `resident` and `most` are a single process's RSS. */
  memory() {
    const sum = { now: 0, peak: 0, resident: 0, most: 0 };
    for (const { pid } of groupOf(this.child.pid)) {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const read = (text, name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))[1]) / 1024;
      const [rss, pss, most] = [read(rollup, 'Rss'), read(rollup, 'Pss'), read(status, 'VmHWM')];
      sum.now += pss;
      sum.peak += Math.max(most, rss) - rss + pss;
      sum.resident += rss;
      sum.most += most;
    }
    return sum;
  }
}

/** The processes of a group, with the processors' time of each. */
function groupOf(leader) {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[2]) === leader ? [{ pid, times: Number(fields[11]) + Number(fields[12]) }] : [];
    } catch {
      return [];
    }
  });
}

/** Latchkey as it comes, but for the proxy that names clients, whom the generator plays. */
export function serveLatchkey(database, env = {}) {
  const settings = { DATABASE_URL: database, LATCHKEY_TRUSTED_PROXIES: '["127.0.0.0/8"]', ...env };
  return Server.start({ command: BIN, args: ['serve'], env: settings, path: '/sign-in' });
}

let files = 0;
/**
 * Lets wrk send requests, one after the other and over again, for so many seconds. `pause` is the middle of the milliseconds that
 * each connection waits before a request; `want` what every answer has to be. Answers with requests a second, percentiles of
 * milliseconds, and how much of a core wrk itself took.
 */
export async function wrk({ port, requests, connections = 16, seconds, pause: wait = 0, want, isUrgent = false }) {
  files += 1;
  const file = join(scratch, `requests-${files}`);
  writeFileSync(file, requests.join('\0'));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', join(HERE, 'wrk.lua'), `http://127.0.0.1:${port}`];
  args.push('--', file, String(wait), String(want?.status ?? 0), want?.location ?? '');
  const shell = `TIMEFORMAT='cpu %U %S'; time ${isUrgent ? URGENT.join(' ') : ''} wrk "$@"`;
  const child = spawn('bash', ['-c', shell, 'wrk', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  await new Promise((done) => child.once('close', done));
  rmSync(file);
  const result = printed.match(/^result (.*)$/m);
  const cpu = printed.match(/^cpu ([\d.]+) ([\d.]+)$/m);
  if (!result || !cpu) throw new Error(`wrk says: ${printed}`);
  const figures = JSON.parse(result[1]);
  const counted = want ? figures.right : figures.requests - figures.wrong;
  return { ...figures, rate: counted / figures.seconds, cores: (Number(cpu[1]) + Number(cpu[2])) / figures.seconds };
}

/** The middle of some numbers, or of the two in the middle. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}

/** A figure of as many digits as it deserves. */
export const figure = (number) => (number >= 100 ? number.toFixed(0) : number.toPrecision(3));

/** The middle of some measurements, with the least and the most of them. */
export function middle(numbers) {
  if (numbers.length < 2) return figure(numbers[0]);
  return `${figure(median(numbers))} (${figure(Math.min(...numbers))}–${figure(Math.max(...numbers))})`;
}

/** Where the example is that was built beside the server (`cargo build --release --example NAME`). */
const example = (name) => join(resolve(process.env.BENCH_EXAMPLES || join(dirname(BIN), 'examples')), name);
/** The bare loop and the bare handler. */
const LIMITS = example('limits');

/** What comes first on a machine that is shared with what is measured, where that is allowed. */
const URGENT = process.getuid() === 0 ? ['nice', '-n', '-15'] : [];

/** A crowd that sends these requests (benches/rush.rs); `args` say how. */
function startRush(port, requests, args) {
  files += 1;
  const file = join(scratch, `requests-${files}`);
  writeFileSync(file, requests.join('\0'));
  const [command, ...rest] = [...URGENT, example('rush'), '--port', String(port), '--requests', file, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGKILL');
  stops.push(stop);
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  const ended = new Promise((done, failed) => child.once('close', done).once('error', failed)).then((code) => {
    stops.splice(stops.indexOf(stop), 1);
    rmSync(file, { force: true });
    if (code !== 0) throw new Error(`${example('rush')} ended with ${code}`);
    return JSON.parse(printed);
  });
  // Whoever waits for it hears of it; until then it is no failure of the script.
  ended.catch(() => {});
  return { child, ended };
}

/** Sends each request on a connection of its own, all at once or so many each second, and answers with what came of each. */
export function rush(port, requests, { eachSecond, hangsUp = false } = {}) {
  const pace = eachSecond ? ['--each-second', String(eachSecond)] : [];
  return startRush(port, requests, [...pace, ...(hangsUp ? ['--hang-up'] : [])]).ended;
}

/** Sends so many at once, over and over, while something else goes on; answers with what that came to, and how often. */
export async function besideRushes(port, requests, count, work) {
  const { child, ended } = startRush(port, requests, ['--again', String(count)]);
  try {
    const tooSoon = ended.then(() => {
      throw new Error('the rushes ended before what they are beside');
    });
    const value = await Promise.race([work(), tooSoon]);
    child.stdin.end();
    return { value, times: await ended };
  } finally {
    child.stdin.end();
  }
}

/** Hashes in a bare loop for so many seconds on every core: how many a second. */
export function bareHashes(seconds, { memory = 19_456, iterations = 2 } = {}) {
  const args = ['hash', '--seconds', String(seconds), '--memory-kib', String(memory), '--iterations', String(iterations)];
  return JSON.parse(execFileSync(LIMITS, args, { encoding: 'utf8' })).per_second;
}

/** Lets a bare loop on every core stand back, as far as the hashes of the product do, while something else goes on; answers with that. */
export async function besideBareHashes(work) {
  const child = spawn('nice', ['-n', '19', LIMITS, 'hash', '--seconds', '3600'], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('close', done));
  const stop = () => child.kill('SIGKILL');
  stops.push(stop);
  try {
    return await work();
  } finally {
    stops.splice(stops.indexOf(stop), 1);
    stop();
    await ended;
  }
}

/** Starts the bare handler; its requests read one row each, in no order. */
export async function bareHandler(rows) {
  const args = ['serve', '--port', '{port}', '--database', join(scratch, 'limits.db'), '--rows', String(rows)];
  const server = await Server.start({ command: LIMITS, args, path: `/read/${'0'.repeat(64)}` });
  const key = (n) => String((n * 7_919) % rows).padStart(64, '0');
  server.reads = Array.from({ length: 1_000 }, (_, n) => request('GET', `/read/${key(n)}`));
  server.nothing = [request('GET', '/nothing')];
  return server;
}

// Latchkey beside what people use instead, and beside what this machine gives at best: one run, one table. Each cell is measured
// once in every round, one system after the other (A B C, A B C, …), so that all see the same machine; the generator, wrk, runs
// on the same cores. Must not judge: benches/load.mjs holds Latchkey against its goals.
//
//   node benches/compare.mjs [--quick]  needs a release build, its example `limits`, and what scripts/setup.sh bench installs
//   BENCH_ONLY                          names of systems, parted by commas, by their beginnings; all without it
//   BENCH_ROUNDS, BENCH_SECONDS         default 5 rounds of 4 seconds
//   BENCH_USERS                         people in each database, default 5000
//   BENCH_VERBOSE                       shows what the servers print

import { CORES, bareHandler, bareHashes, cleanUp, engines, figure, median, middle, wrk } from './lib.mjs';
import { BetterAuth, DjangoAllauth, FlaskSecurity, Latchkey, ROWS } from './systems.mjs';

const isQuick = process.argv.includes('--quick');
const ROUNDS = Number(process.env.BENCH_ROUNDS || (isQuick ? 2 : 5));
const SECONDS = Number(process.env.BENCH_SECONDS || (isQuick ? 1 : 4));
const PEOPLE = Number(process.env.BENCH_USERS || (isQuick ? 1_000 : 5_000));
const CONNECTIONS = 16;
const STARTS = isQuick ? 1 : 5;
const ONLY = (process.env.BENCH_ONLY || '').split(',').map((name) => name.trim().toLowerCase());

const all = [
  ...engines().map((engine) => new Latchkey(engine)),
  ...['', 'argon2'].map((hash) => new BetterAuth(hash)),
  ...['', 'argon2'].map((hash) => new DjangoAllauth(hash)),
  ...['', 'argon2'].map((hash) => new FlaskSecurity(hash)),
];
const systems = all.filter(({ name }) => ONLY.some((beginning) => name.toLowerCase().startsWith(beginning)));
/** Measurements: by row, by system, a list. */
const found = Object.fromEntries(ROWS.map((row) => [row, new Map(systems.map((system) => [system, []]))]));
const limits = { 'sign-in': [], 'session check': [], generator: [] };
const starts = new Map(systems.map((system) => [system, []]));
const memory = new Map();

const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

/** Starts a system several times on its database, and leaves it running. */
async function start(system) {
  for (let n = 0; n < STARTS; n += 1) {
    const server = await system.run();
    starts.get(system).push(server.startedIn);
    await server.rest();
    memory.set(system, { idle: server.memory().now });
    await server.stop();
  }
  await system.start();
  await system.server.rest();
}

/** One measurement of one cell. */
async function measure(system, row) {
  const figures = await wrk({ port: system.server.port, connections: CONNECTIONS, seconds: SECONDS, ...system.measured(row) });
  await system.server.rest();
  if (row === 'sign-in') system.used(figures.requests);
  if (figures.wrong + figures.lost > 0) say(`${system.name}, ${row}: ${figures.wrong} wrong answers, ${figures.lost} lost`);
  found[row].get(system).push(figures);
}

async function run() {
  for (const system of systems) {
    say(`${system.name}: ${PEOPLE} people`);
    await system.fill(PEOPLE);
    await start(system);
  }
  const bare = await bareHandler(PEOPLE);
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const row of ROWS) {
      say(`round ${round} of ${ROUNDS}: ${row}`);
      if (row === 'sign-in') limits[row].push(bareHashes(SECONDS));
      if (row === 'session check') {
        const ask = (requests) => wrk({ port: bare.port, connections: CONNECTIONS, seconds: SECONDS, requests });
        limits.generator.push(await ask(bare.nothing));
        limits[row].push((await ask(bare.reads)).rate);
        await bare.rest();
      }
      for (const system of systems) if (system.rows.includes(row)) await measure(system, row);
    }
  }
  for (const system of systems) memory.get(system).peak = system.server.memory().peak;
}

function print() {
  const line = (name, limit, cell) => console.log(`| ${name} | ${systems.map(cell).join(' | ')} | ${limit} |`);
  console.log(`\n| ${[`${CONNECTIONS} connections`, ...systems.map(({ name }) => name), 'limit'].join(' | ')} |`);
  console.log(`| --- |${' ---: |'.repeat(systems.length + 1)}`);
  for (const row of ROWS) {
    const rates = (system) => found[row].get(system).map(({ rate }) => rate);
    const cell = (show) => (system) => (found[row].get(system).length ? show(system) : '–');
    line(`${row}, a second`, limits[row] ? middle(limits[row]) : '–', cell((system) => middle(rates(system))));
    line('– half within, 99 % within, ms', '–', cell((system) => ['p50', 'p99'].map((its) => figure(median(found[row].get(system).map((one) => one[its])))).join(', ')));
    const first = median(rates(systems[0]));
    const times = (other) => (first / other).toPrecision(2);
    line(`– ${systems[0].name}: times as many`, limits[row] ? times(median(limits[row])) : '–', cell((system) => times(median(rates(system)))));
  }
  line('memory idle, MB', '–', (system) => figure(memory.get(system).idle));
  line('memory at most, MB', '–', (system) => figure(memory.get(system).peak));
  line('start to first answer, ms', '–', (system) => middle(starts.get(system)));
  const generator = limits.generator;
  const rate = median(generator.map((one) => one.rate));
  const share = median(generator.map((one) => one.cores));
  console.log(`
Middle (least–most) of ${ROUNDS} rounds of ${SECONDS} s, ${CORES} cores shared with the generator, ${PEOPLE} people, ${new Date().toISOString().slice(0, 10)}.
Limit: Argon2id with m=19456 t=2 p=1 in a bare loop on every core; a bare axum handler with one indexed SQLite read.
"same hash": Argon2id with m=19456 t=2 p=1, as Latchkey has it. "/users/me" is a JWT with Latchkey, a token of a session elsewhere.
Memory: of all processes of the system, pages that they share counted once; without that of PostgreSQL's server.
The generator sends ${figure(rate)} requests a second to a handler that does nothing, and takes ${figure(share)} cores for that: ${figure((1e6 * share) / rate)} µs each.`);
}

try {
  await run();
  print();
} finally {
  cleanUp();
}
process.exit();

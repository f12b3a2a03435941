// How sign-in and the session check fare as people and connections become more, on each engine. Hashes cost the least that
// Argon2 takes, so that everything but the hash is seen. Prints a table, and fails where anything else than an answer that was
// asked for comes back. Must not touch a database that was there before: each is made here and removed again.
//
//   node benches/growth.mjs [--quick]   needs a release build and wrk (scripts/setup.sh bench)
//   LATCHKEY_TEST_POSTGRES_URL          a PostgreSQL server that may be filled; without it SQLite alone
//   BENCH_ENGINE                        one engine alone
//   BENCH_USERS                         the most people, default 1000000
//   BENCH_ROUNDS, BENCH_SECONDS         default 3 rounds of 2 seconds

import { execFileSync } from 'node:child_process';

import { CORES, LEAST_COST, LEAST_HASH, cleanUp, engines, figure, importPeople, makeDatabase, median, psql, serveLatchkey, wrk } from './lib.mjs';
import { Latchkey } from './systems.mjs';

const isQuick = process.argv.includes('--quick');
const MOST = Number(process.env.BENCH_USERS || (isQuick ? 10_000 : 1_000_000));
const SIZES = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= MOST);
const CONNECTIONS = isQuick ? [1, 16] : [1, 4, 16, 64];
const ROUNDS = Number(process.env.BENCH_ROUNDS || (isQuick ? 1 : 3));
const SECONDS = Number(process.env.BENCH_SECONDS || (isQuick ? 1 : 2));
const ROWS = ['sign-in', 'session check'];
/** So many people sign in, of however many: as often in every size. */
const ACTIVE = 980;

const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

/** Latchkey with people who become more, of whom some all over the database sign in. */
class Growing extends Latchkey {
  constructor(engine) {
    super(engine, { rows: ROWS });
    this.database = makeDatabase(engine, 'growing');
    this.there = 0;
    this.people = 20 + ACTIVE;
  }

  grow(size) {
    importPeople(this.database, this.there, size, LEAST_HASH);
    // Hundreds of megabytes that are on their way to the disk are not what is measured.
    execFileSync('sync');
    this.there = size;
    if (this.engine === 'postgres') psql(this.database, 'vacuum analyze');
  }

  run() {
    return serveLatchkey(this.database, LEAST_COST);
  }

  signIn(n) {
    return super.signIn(Math.floor((n * this.there) / this.people));
  }
}

let wrong = 0;
async function measure(engine) {
  const system = new Growing(engine);
  console.log(`\n| ${system.name}: people | row | ${CONNECTIONS.map((count) => `${count} connection${count > 1 ? 's' : ''}`).join(' | ')} |`);
  console.log(`| ---: | --- |${' ---: |'.repeat(CONNECTIONS.length)}`);
  for (const size of SIZES) {
    say(`${engine}: ${size} people`);
    system.grow(size);
    await system.start();
    const cells = new Map(ROWS.map((row) => [row, CONNECTIONS.map(() => [])]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const row of ROWS) {
        for (const [index, connections] of CONNECTIONS.entries()) {
          const figures = await wrk({ port: system.server.port, connections, seconds: SECONDS, ...system.measured(row) });
          if (row === 'sign-in') system.used(figures.requests);
          await system.server.rest();
          if (figures.wrong + figures.lost) {
            wrong += figures.wrong + figures.lost;
            say(`${row}, ${connections} connections: ${figures.wrong} wrong answers, ${figures.lost} lost`);
          }
          cells.get(row)[index].push(figures);
        }
      }
    }
    await system.server.stop();
    for (const row of ROWS) {
      const shown = cells.get(row).map((list) => `${figure(median(list.map(({ rate }) => rate)))} (${figure(median(list.map(({ p99 }) => p99)))} ms)`);
      console.log(`| ${size} | ${row} | ${shown.join(' | ')} |`);
    }
  }
}

try {
  for (const engine of engines()) await measure(engine);
} finally {
  cleanUp();
}
console.log(`\nA second, and what 99 % took at most: the middle of ${ROUNDS} rounds of ${SECONDS} s, ${CORES} cores shared with the generator.`);
console.log(`${wrong} answers were not those asked for`);
process.exit(wrong ? 1 : 0);

// How fast a million people are imported and how much memory that takes, on each engine, beside a tenth of them. Prints a table,
// and fails where the million needs much more memory than the tenth. Must not touch a database that was there before: each is
// made here and removed again.
//
//   node benches/import.mjs             needs a release build; LATCHKEY_BIN names another
//   LATCHKEY_TEST_POSTGRES_URL          a PostgreSQL server that may be filled; without it SQLite alone
//   BENCH_ENGINE=postgres       that one alone
//   BENCH_USERS                 the large file, default 1000000 rows

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, cleanUp, engines, makeDatabase, scratch } from './lib.mjs';

const USERS = Number(process.env.BENCH_USERS || 1_000_000);
const MOST_MB_MORE = 32;
const HASH = '$2b$12$j0wgx1yEoyVnJHZZLfl5BuSgdDBkwTts/kRzQw7lKE0/7BPq29ayW';

const FORMATS = {
  'JSON lines': {
    head: '',
    row: (n) =>
      `{"_id":{"$oid":"65f0c0ffee${n.toString(16).padStart(14, '0')}"},"email":"person.${n}@example.com","password":{"$binary":{"base64":"${Buffer.from(HASH).toString('base64')}","subType":"00"}},"role":"user","created_at":{"$date":"2025-03-01T10:15:00Z"}}\n`,
  },
  CSV: {
    head: 'id,email,username,password,created_at\n',
    row: (n) => `${n},person.${n}@example.com,person-${n},${HASH},2025-03-01 10:15:00\n`,
  },
};

/** A file of so many people, in an order that no index likes. */
async function makeFile(format, count) {
  const { head, row } = FORMATS[format];
  const path = join(scratch, `${format.replace(' ', '-')}-${count}`);
  const file = createWriteStream(path);
  file.write(head);
  for (let index = 0; index < count; index += 1) {
    if (!file.write(row((index * 7_919) % count))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return path;
}

/** Runs an import; answers with its seconds, the most memory that it held in MB, and its summary. */
async function run(url, path) {
  const begin = performance.now();
  const child = spawn(BIN, ['import', path, '--json'], { env: { ...process.env, DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  let peak = 0;
  const look = setInterval(() => {
    try {
      // The kernel keeps the highest itself.
      peak = Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)?.[1] ?? peak);
    } catch {
      // It has ended.
    }
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(look);
  if (code !== 0) throw new Error(`the import ended with ${code}`);
  return { seconds: (performance.now() - begin) / 1000, peak: peak / 1024, summary: JSON.parse(printed) };
}

async function measure(engine) {
  let [tooMuch, databases] = [0, 0];
  console.log(`\n| ${engine} | rows | file, MB | seconds | rows a second | peak memory, MB |\n| --- | ---: | ---: | ---: | ---: | ---: |`);
  for (const format of Object.keys(FORMATS)) {
    const peaks = [];
    for (const count of [USERS / 10, USERS]) {
      const path = await makeFile(format, count);
      databases += 1;
      const url = makeDatabase(engine, databases);
      for (const what of ['', ', all there already']) {
        const { seconds, peak, summary } = await run(url, path);
        if (summary.new + summary.there !== count) throw new Error(`${summary.new} new, ${summary.there} there`);
        peaks.push(peak);
        const megabytes = statSync(path).size / 1e6;
        console.log(`| ${format}${what} | ${count} | ${megabytes.toFixed(0)} | ${seconds.toFixed(1)} | ${(count / seconds).toFixed(0)} | ${peak.toFixed(0)} |`);
      }
      rmSync(path);
    }
    if (Math.max(...peaks.slice(2)) - Math.max(...peaks.slice(0, 2)) > MOST_MB_MORE) tooMuch += 1;
  }
  return tooMuch;
}

let tooMuch = 0;
try {
  for (const engine of engines()) tooMuch += await measure(engine);
} finally {
  cleanUp();
}
console.log(`\n${tooMuch} files take more than ${MOST_MB_MORE} MB more for ten times as many rows`);
process.exitCode = tooMuch ? 1 : 0;

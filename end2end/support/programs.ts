// Where the programs are that the tests start.

import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** The repository. */
export const ROOT = resolve(__dirname, '..', '..');

/** The first of these programs that PATH knows. */
export function findProgram(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** The server: LATCHKEY_BIN, else the newest build, since that is what target/site was built with. */
export function findServer(): string {
  if (process.env.LATCHKEY_BIN) return process.env.LATCHKEY_BIN;
  const builds = ['release', 'debug'].map((kind) => join(ROOT, 'target', kind, 'latchkey')).filter(isExecutable);
  const newest = builds.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (!newest) throw new Error('There is no server to test: build it (`cargo leptos build`), or set LATCHKEY_BIN.');
  return newest;
}

/** The Python that scripts/setup.sh gave what end2end/api/requirements.txt says: LATCHKEY_PYTHON, else where it puts it. */
export function findPython(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const python = process.env.LATCHKEY_PYTHON || join(cache, 'latchkey', 'python', 'bin', 'python');
  if (!isExecutable(python)) throw new Error(`There is no ${python}: run scripts/setup.sh test, or set LATCHKEY_PYTHON.`);
  return python;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

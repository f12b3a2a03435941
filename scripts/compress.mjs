// compress.mjs FOLDER: leaves beside each file what the server sends in its place, made as small as brotli and gzip can;
// only where the file is newer. Removes what is left of files that are gone.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [folder] = process.argv.slice(2);
const ways = {
  ".br": (data) =>
    brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }),
  ".gz": (data) => gzipSync(data, { level: 9 }),
};

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
for (const file of files) {
  if (/\.(br|gz)$/.test(file)) {
    if (!existsSync(file.slice(0, -3))) rmSync(file);
  } else if (/\.(js|wasm|css|svg|txt)$/.test(file)) {
    for (const [ending, compress] of Object.entries(ways)) {
      const smaller = file + ending;
      if (!existsSync(smaller) || statSync(smaller).mtimeMs < statSync(file).mtimeMs) {
        writeFileSync(smaller, compress(readFileSync(file)));
      }
    }
  }
}

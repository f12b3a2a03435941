// Before pictures are taken: those of an earlier list of pages go.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/programs';

export default function clear() {
  rmSync(join(ROOT, 'end2end/test-results/screenshots'), { recursive: true, force: true });
}

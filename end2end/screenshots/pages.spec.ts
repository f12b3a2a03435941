// A picture of every page and state.

import { PLACES, SCRIPTED_PLACES } from '../support/places';
import { test } from './look';

for (const [number, place] of [...PLACES, ...SCRIPTED_PLACES].entries()) {
  test(place.name, async ({ page, person, mailbox, server, ownServer, watch, shot }) => {
    if (place.isMissing) watch.expect(/console error: .*404/);
    await place.open(page, { person, mailbox, server, ownServer });
    const name = place.name.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '');
    await shot(`${String(number + 1).padStart(2, '0')}-${name}`);
  });
}

// What every page must be that a script makes. The other pages are in pages.spec.ts.

import { expectGoodPage } from '../support/every-page';
import { SCRIPTED_PLACES } from '../support/places';
import { test } from '../support/test';

test.use({ hasTouch: true });

for (const place of SCRIPTED_PLACES) {
  test(`${place.name}: axe, HTML, landmarks, width, targets, motion, mirrored (ux 1, ux 2, ux 3, ux 5, ux 8, ux 9)`, async ({ page, person, mailbox, server, ownServer, watch, javaScriptEnabled }) => {
    await expectGoodPage(place, { page, person, mailbox, server, ownServer, watch, javaScriptEnabled });
  });
}

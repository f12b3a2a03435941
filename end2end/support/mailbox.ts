// Reads mail where a developer does, at /dev/mail.

import { expect, type Page } from '@playwright/test';

/** How the subject of a letter begins that asks to confirm an address, of a new account or a new one. */
const CONFIRMATION = /Confirm your (new )?e-mail address/;
/** How the subject of a letter begins that tells of a sign-in with a strange browser. */
const STRANGE = 'New sign-in to your account';

export interface Letter {
  subject: string;
  text: string;
  /** The one link in it. */
  link: string;
}

export class Mailbox {
  /** `page` is the mailbox's own, in a browser of its own. */
  constructor(private readonly page: Page) {}

  /** Waits until so many letters have come for an address, beside those that every sign-up and other browser brings; newest first. */
  async letters(address: string, count: number): Promise<Letter[]> {
    return this.read(address, count, { hasNotText: new RegExp(`${CONFIRMATION.source}|${STRANGE}`) });
  }

  /** Waits for the letters that tell of a sign-in with a strange browser; newest first. */
  async strangeSignIns(address: string, count = 1): Promise<Letter[]> {
    return this.read(address, count, { hasText: STRANGE });
  }

  /** Waits for the letters that ask to confirm an address; newest first. */
  async confirmations(address: string, count = 1): Promise<Letter[]> {
    return this.read(address, count, { hasText: CONFIRMATION });
  }

  private async read(address: string, count: number, which: { hasText?: string | RegExp; hasNotText?: string | RegExp }): Promise<Letter[]> {
    const cards = this.page.getByRole('article').filter({ hasText: `To ${address}` }).filter(which);
    await expect
      .poll(async () => {
        await this.page.goto('/dev/mail');
        return cards.count();
      }, `letters for ${address}`)
      .toBe(count);
    return Promise.all(
      (await cards.all()).map(async (card) => ({
        subject: await card.getByRole('heading').innerText(),
        text: await card.locator('pre').innerText(),
        link: (await card.getByRole('link').getAttribute('href'))!,
      })),
    );
  }

  /** Waits for the first letter. */
  async firstLetter(address: string): Promise<Letter> {
    return (await this.letters(address, 1))[0]!;
  }
}

// Reads mail where a developer does, at /dev/mail.

import { expect, type Page } from '@playwright/test';

export interface Letter {
  subject: string;
  text: string;
  /** The one link in it. */
  link: string;
}

export class Mailbox {
  /** `page` is the mailbox's own, in a browser of its own. */
  constructor(private readonly page: Page) {}

  /** Waits until so many letters have come for an address; newest first. */
  async letters(address: string, count: number): Promise<Letter[]> {
    const cards = this.page.getByRole('article').filter({ hasText: `To ${address}` });
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

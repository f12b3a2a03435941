// Reads mail where a developer does, at /dev/mail.

import { expect, type APIRequestContext } from '@playwright/test';

/** How the subject of a letter begins that asks to confirm an address, of a new account or a new one. */
const CONFIRMATION = /^Confirm your (new )?e-mail address/;
/** How the subject of a letter begins that tells of a sign-in with a strange browser. */
const STRANGE = /^New sign-in to your account/;

export interface Letter {
  recipient: string;
  subject: string;
  text: string;
  /** The one link in it. */
  link: string;
}

export class Mailbox {
  /** `request` is the mailbox's own, without anybody's cookies; `origin` is that of a server of the test's own. */
  constructor(
    private readonly request: APIRequestContext,
    private readonly origin = '',
  ) {}

  /** The same for another server. */
  at(origin: string): Mailbox {
    return new Mailbox(this.request, origin);
  }

  /** Waits until so many letters have come for an address, beside those that every sign-up and other browser brings; newest first. */
  async letters(address: string, count: number): Promise<Letter[]> {
    return this.read(address, count, ({ subject }) => !CONFIRMATION.test(subject) && !STRANGE.test(subject));
  }

  /** Waits for the letters that tell of a sign-in with a strange browser; newest first. */
  async strangeSignIns(address: string, count = 1): Promise<Letter[]> {
    return this.read(address, count, ({ subject }) => STRANGE.test(subject));
  }

  /** Waits for the letters that ask to confirm an address; newest first. */
  async confirmations(address: string, count = 1): Promise<Letter[]> {
    return this.read(address, count, ({ subject }) => CONFIRMATION.test(subject));
  }

  /** Waits for the first letter. */
  async firstLetter(address: string): Promise<Letter> {
    return (await this.letters(address, 1))[0]!;
  }

  /** Waits until the newest letter to an address has this subject. */
  async newest(address: string, subject: RegExp): Promise<Letter> {
    let newest: Letter | undefined;
    await expect
      .poll(async () => {
        newest = (await this.all()).find((letter) => letter.recipient === address);
        return newest?.subject;
      }, `the newest letter for ${address}`)
      .toMatch(subject);
    return newest!;
  }

  private async read(address: string, count: number, isMeant: (letter: Letter) => boolean): Promise<Letter[]> {
    let found: Letter[] = [];
    await expect
      .poll(async () => {
        found = (await this.all()).filter((letter) => letter.recipient === address && isMeant(letter));
        return found.map(({ subject }) => subject);
      }, `letters for ${address}`)
      .toHaveLength(count);
    return found;
  }

  private async all(): Promise<Letter[]> {
    const answer = await this.request.get(`${this.origin}/dev/mail`);
    expect(answer.status()).toBe(200);
    return [...(await answer.text()).matchAll(/<article class="card mail">.*?<\/article>/gs)].map(([card]) => ({
      recipient: textIn(card, /<span dir="ltr" class="wrap">(.*?)<\/span>/s),
      subject: textIn(card, /<h2>(.*?)<\/h2>/s),
      text: textIn(card, /<pre>(.*?)<\/pre>/s),
      link: textIn(card, /<a href="(.*?)"/s),
    }));
  }
}

/** What a piece of our own HTML says, without its tags. */
function textIn(html: string, piece: RegExp): string {
  const inner = piece.exec(html)?.[1];
  if (inner === undefined) throw new Error(`There is no ${piece} in a letter:\n${html}`);
  const characters: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'", '&#39;': "'", '&amp;': '&' };
  return inner.replace(/<[^>]*>/g, '').replace(/&[#\w]+;/g, (name) => characters[name] ?? name);
}

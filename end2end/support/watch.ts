// Notices what no test looks for: errors and warnings on the console (hydration says there what went wrong), uncaught
// errors, failed requests, answers of 500 and above, and requests that leave our servers.

import type { BrowserContext } from '@playwright/test';

export class Watch {
  /** Where requests may go. */
  readonly origins = new Set<string>();
  private readonly problems: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Declares a problem that a test brings about on purpose; it must occur. */
  expect(problem: RegExp) {
    this.expected.push(problem);
  }

  follow(context: BrowserContext) {
    context.on('console', (message) => {
      // About time alone: a module that scripting off, or a busy machine, leaves waiting. Others about preloading count.
      if (/was preloaded .* but not used within a few seconds/.test(message.text())) return;
      // The frames that show mail run no script, and a test's own look into every frame is one.
      if (/^Blocked script execution in .* frame is sandboxed/.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) {
        this.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.problems.push(`uncaught: ${error.error().stack ?? error.error()}`));
    context.on('request', (request) => {
      if (!this.origins.has(new URL(request.url()).origin)) this.problems.push(`request to ${request.url()}`);
    });
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      // The browser gives up what a page was still loading when somebody leaves it. With scripting off it does not load
      // scripts, and calls that `csp`; a policy of ours that forbids something is an error on the console too.
      if (reason !== 'net::ERR_ABORTED' && reason !== 'csp') this.problems.push(`failed request: ${reason} ${request.url()}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 500) this.problems.push(`status ${response.status()}: ${response.url()}`);
    });
  }

  /** Everything that was wrong, and everything that was expected to be but was not. */
  report(): string[] {
    const unexpected = this.problems.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)));
    const missing = this.expected.filter((pattern) => !this.problems.some((problem) => pattern.test(problem)));
    return [...unexpected, ...missing.map((pattern) => `did not occur: ${pattern}`)];
  }
}

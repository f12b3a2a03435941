// Asks html-validate what is wrong with a document.

import { HtmlValidate, StaticConfigLoader } from 'html-validate';

const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ['html-validate:standard', 'html-validate:a11y', 'html-validate:document'],
    rules: {
      // The summary of errors, with a heading of its own, stands before the page's.
      'heading-level': ['error', { minInitialRank: 'h2' }],
      // Scripts and styles come from our own origin only, where whoever can change them can change their sums as well.
      'require-sri': 'off',
    },
  }),
);

/** Everything it finds, each with its place. */
export async function problemsIn(html: string): Promise<string[]> {
  const { results } = await validator.validateString(html);
  const problems = results
    .flatMap((result) => result.messages)
    .map(({ ruleId, message, line, column, selector }) => `${ruleId}: ${message} (${line}:${column} ${selector ?? ''})`);
  // What it does not look at. Comments may stand there; debug builds leave one.
  const rest = html.slice(html.lastIndexOf('</html>') + '</html>'.length).replaceAll('<!---->', '').trim();
  return rest ? [...problems, `after the end of the document: ${rest}`] : problems;
}

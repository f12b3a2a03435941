//! A mail's two parts, text and HTML, from one template. The template is taken apart before any value is put in, so that no
//! value can add a link, a line or markup. Must not know which mails there are.
//!
//! A template's first line is the subject; paragraphs follow, parted by empty lines. Two kinds of paragraph are special: a
//! button, `[What it does]({link})` alone on its line, and facts, each line like `When: {time}`.

/// What the HTML part stands in.
const LAYOUT: &str = include_str!("layout.html");

/// A mail as it is sent. Not `Debug`: it may hold a link (ASVS 16.2.5).
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as an HTML document.
    pub html: String,
}

impl Letter {
    /// Fills a template in. `values` are pairs of a name, as it stands in braces, and what to put there.
    #[must_use]
    pub fn write(template: &str, values: &[(&str, &str)]) -> Self {
        let plain = Values(values.iter().map(|(name, value)| (*name, one_line(value))).collect());
        let mut escaped = Values(plain.0.iter().map(|(name, value)| (*name, escape(value))).collect());
        let (subject, rest) = template.split_once('\n').unwrap_or((template, ""));
        let subject = subject.trim();
        let blocks = parse(rest);

        let text: Vec<String> = blocks.iter().map(|block| block.text(&plain)).collect();
        let html: Vec<String> = blocks.iter().map(|block| block.html(&escaped)).collect();
        // In front, so that these are what the layout means by them.
        let of_layout = [("subject", escaped.fill(&escape(subject))), ("letter", html.join("\n"))];
        escaped.0.splice(0..0, of_layout);
        Self { subject: plain.fill(subject), text: text.join("\n\n") + "\n", html: escaped.fill(LAYOUT) }
    }
}

/// A paragraph of a template, not filled in.
enum Block<'t> {
    /// Lines of words.
    Words(Vec<&'t str>),
    /// What it does, and where it leads.
    Button(&'t str, &'t str),
    /// Names and values.
    Facts(Vec<(&'t str, &'t str)>),
}

impl<'t> Block<'t> {
    fn from_lines(lines: Vec<&'t str>) -> Self {
        if let [line] = lines[..]
            && let Some((label, link)) = as_button(line)
        {
            return Self::Button(label, link);
        }
        match lines.iter().map(|line| as_fact(line)).collect() {
            Some(facts) => Self::Facts(facts),
            None => Self::Words(lines),
        }
    }

    fn text(&self, values: &Values<'_>) -> String {
        let lines: Vec<String> = match self {
            Self::Words(lines) => lines.iter().map(|line| values.fill(line)).collect(),
            Self::Button(label, link) => vec![values.fill(label) + ":", values.fill(link)],
            Self::Facts(facts) => {
                facts.iter().map(|(name, value)| format!("{}: {}", values.fill(name), values.fill(value))).collect()
            }
        };
        lines.join("\n")
    }

    /// `values` are escaped already.
    fn html(&self, values: &Values<'_>) -> String {
        let fill = |text: &str| values.fill(&escape(text));
        match self {
            Self::Words(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| fill(line)).collect();
                format!("<p dir=\"auto\">{}</p>", lines.join("<br>\n"))
            }
            Self::Button(label, link) => {
                let (label, link) = (fill(label), fill(link));
                format!(
                    "<p><a class=\"button\" href=\"{link}\" target=\"_blank\" rel=\"noopener\">{label}</a></p>\n<p class=\"address\" dir=\"ltr\">{link}</p>"
                )
            }
            Self::Facts(facts) => {
                let row = |(name, value): &(&str, &str)| {
                    format!("<tr><th scope=\"row\">{}</th><td dir=\"auto\">{}</td></tr>\n", fill(name), fill(value))
                };
                format!("<table>\n{}</table>", facts.iter().map(row).collect::<String>())
            }
        }
    }
}

/// The paragraphs of a template without its subject.
fn parse(template: &str) -> Vec<Block<'_>> {
    let lines: Vec<&str> = template.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| Block::from_lines(lines.to_vec())).collect()
}

/// `[label](link)`.
fn as_button(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.strip_suffix(')')?.split_once("](")
}

/// `Name: {value}`. What comes after the colon starts with a value, so that a colon in a sentence stays one.
fn as_fact(line: &str) -> Option<(&str, &str)> {
    line.split_once(": ").filter(|(_, value)| value.starts_with('{'))
}

/// What is put where a name stands in braces.
struct Values<'n>(Vec<(&'n str, String)>);

impl Values<'_> {
    /// Looks at each place once: braces in a value stay as they are, and so do names that nobody knows.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let known = after.split_once('}').and_then(|(name, after)| Some((self.find(name)?, after)));
            let (value, after) = known.unwrap_or(("{", after));
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// A value without line breaks and other control characters.
fn one_line(value: &str) -> String {
    let is_break = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    value.replace(is_break, " ").trim().to_owned()
}

/// Text for HTML, attributes included.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEMPLATE: &str = "A word from {site}\nTom & {name} said:\nyes: or <no>\n\n[Open \"it\"]({link})\n\n\nWhen: {time}\nBy: {name}, at {site}\n";
    const LINK: &str = "https://example.com/?a=1&b=2";

    fn write(name: &str) -> Letter {
        Letter::write(TEMPLATE, &[("site", name), ("name", name), ("link", LINK), ("time", "noon")])
    }

    #[test]
    fn text_keeps_the_lines_and_gives_the_link_one() {
        let letter = write("Sam");
        assert_eq!(letter.subject, "A word from Sam");
        assert_eq!(
            letter.text,
            format!("Tom & Sam said:\nyes: or <no>\n\nOpen \"it\":\n{LINK}\n\nWhen: noon\nBy: Sam, at Sam\n")
        );
    }

    #[test]
    fn html_says_the_same() {
        let html = write("<Sam>").html;
        for part in [
            "<title>A word from &lt;Sam&gt;</title>",
            "<p dir=\"auto\">Tom &amp; &lt;Sam&gt; said:<br>\nyes: or &lt;no&gt;</p>",
            "<p><a class=\"button\" href=\"https://example.com/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener\">Open &quot;it&quot;</a></p>",
            "<p class=\"address\" dir=\"ltr\">https://example.com/?a=1&amp;b=2</p>",
            "<tr><th scope=\"row\">When</th><td dir=\"auto\">noon</td></tr>",
            "<td dir=\"auto\">&lt;Sam&gt;, at &lt;Sam&gt;</td>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn a_template_from_any_system_reads_alike() {
        let values = [("site", "S"), ("name", "N"), ("link", LINK), ("time", "noon")];
        assert!(Letter::write(&TEMPLATE.replace('\n', "\r\n"), &values) == Letter::write(TEMPLATE, &values));
    }

    proptest! {
        /// A value stays within the place it was put in: no link, no tag, no line, no place more.
        /// ASVS 1.3.11.
        #[test]
        fn no_value_adds_anything_but_words(
            value in "(<a href=\"|</td>|</style>|<!--|\"|'|&|>|\r|\n\n|\u{2028}|\\{link\\}|\\{letter\\}|\\[x\\]\\(http://e\\)|\nhttp://e|When: |\\PC){0,8}",
        ) {
            let (letter, plain) = (write(&value), write("x"));
            for mark in ["<", ">", "\"", "'", LINK, "&amp;b=2"] {
                prop_assert_eq!(letter.html.matches(mark).count(), plain.html.matches(mark).count(), "{}", mark);
            }
            prop_assert_eq!(letter.html.matches("<a ").count(), 1);
            prop_assert_eq!(letter.html.lines().count(), plain.html.lines().count());
            prop_assert_eq!(letter.text.lines().count(), plain.text.lines().count());
            prop_assert_eq!(letter.text.lines().filter(|line| line.starts_with("http")).count(), 1);
            prop_assert_eq!(letter.subject.lines().count(), 1);
        }

        #[test]
        fn every_template_is_some_letter(template in "([\\[\\](){}:a\n ]|\\PC){0,60}") {
            prop_assert!(Letter::write(&template, &[("a", "b")]).html.starts_with("<!DOCTYPE html>"));
        }
    }
}

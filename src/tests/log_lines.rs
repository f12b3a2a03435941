//! That `docs/operating.md` tells of every line of the log: its level, its words, its fields.

use std::{collections::BTreeSet, path::Path};

/// Source files below a folder.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(path).expect("text"));
        }
    }
}

/// What stands between the parentheses that a text begins inside of, cut at its commas.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut is_text, mut is_escaped) = (1, false, false);
    let mut arguments = vec![String::new()];
    for c in text.chars() {
        match c {
            '"' if !is_escaped => is_text = !is_text,
            '(' | '[' | '{' if !is_text => depth += 1,
            ')' | ']' | '}' if !is_text => depth -= 1,
            ',' if !is_text && depth == 1 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        if depth == 0 {
            break;
        }
        arguments.last_mut().expect("one").push(c);
    }
    arguments.into_iter().map(|argument| argument.trim().to_owned()).filter(|argument| !argument.is_empty()).collect()
}

/// A line as the table has it.
fn row(level: &str, arguments: &[String]) -> String {
    let (words, fields) = arguments.split_last().expect("words");
    let words: Vec<&str> = words.trim_matches('"').split("\\\n").map(str::trim).collect();
    let names = fields.iter().map(|field| {
        let name = field.split('=').next().unwrap_or_default().trim();
        format!("`{}`", name.trim_start_matches(['%', '?']))
    });
    format!("| {level} | {} | {} |", words.join(" "), names.collect::<Vec<_>>().join(", ")).replace("|  |", "| |")
}

#[test]
fn every_line_of_the_log_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("src/server"), &mut texts);
    let mut written = BTreeSet::new();
    for text in &texts {
        for level in ["error", "warn", "info"] {
            let begin = format!("tracing::{level}!(");
            written.extend(text.split(&begin).skip(1).map(|call| row(level, &arguments(call))));
        }
    }
    let guide = std::fs::read_to_string(root.join("docs/operating.md")).expect("there");
    let section = guide.split("\n## Log\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let is_row = |line: &&str| ["| error |", "| warn |", "| info |"].iter().any(|start| line.starts_with(start));
    let told: BTreeSet<String> = section.lines().filter(is_row).map(str::to_owned).collect();
    assert!(written.len() > 40, "{written:?}");
    let (missing, made_up): (Vec<_>, Vec<_>) =
        (written.difference(&told).collect(), told.difference(&written).collect());
    assert!(missing.is_empty() && made_up.is_empty(), "missing: {missing:#?}\nmade up: {made_up:#?}");
}

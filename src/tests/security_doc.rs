//! That `docs/security.md` says no more than is there: each row of its table names tests that exist and carry the row's id in their
//! comment, and files that exist; what its summary counts is counted again; and no test shows a requirement that is not in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A row of the table.
struct Row {
    id: String,
    level: usize,
    state: String,
    evidence: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether a text is the number of a requirement: three numbers.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn rows(document: &str) -> Vec<Row> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = document.lines().filter(|line| line.starts_with("| ")).map(cells);
    lines
        .filter(|cells| is_id(&cells[0]))
        .map(|cells| {
            let [id, level, requirement, state, evidence] = <[String; 5]>::try_from(cells).expect("five cells");
            assert!(!requirement.is_empty() && !evidence.is_empty(), "{id}: everything is said");
            Row { id, level: level.parse().expect("a level"), state, evidence }
        })
        .collect()
}

/// The numbers that a comment names behind "ASVS": `ASVS 3.4.1, 3.4.3 to 3.4.8: …`.
fn ids(comment: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for said in comment.split("ASVS ").skip(1) {
        let mut last: Option<String> = None;
        let mut is_range = false;
        for word in said.split_whitespace() {
            let id = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            let id = id.trim_start_matches('(');
            if is_id(id) {
                if let (true, Some((chapter, from))) =
                    (is_range, last.as_deref().and_then(|last| last.rsplit_once('.')))
                {
                    let (_, to) = id.rsplit_once('.').expect("three numbers");
                    let numbers = from.parse::<usize>().expect("a number")..to.parse().expect("a number");
                    found.extend(numbers.map(|number| format!("{chapter}.{number}")));
                }
                found.insert(id.to_owned());
                last = Some(id.to_owned());
                is_range = false;
                // What ends a sentence ends the list.
                if !word.ends_with(|c: char| c.is_ascii_digit() || c == ',') {
                    break;
                }
            } else if word == "to" {
                is_range = true;
            } else if word != "and" {
                break;
            }
        }
    }
    found
}

/// The comment above a test, and the words of its title: `fn name`, or `test('title'` where there are no such names.
fn comment_of(source: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let begins = [format!("fn {name}("), format!("fn {name}<")];
    let at = lines.iter().position(|line| begins.iter().any(|begin| line.contains(begin)))?;
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let mut comment: Vec<&str> = above.filter_map(|line| line.strip_prefix("///")).collect();
    comment.reverse();
    Some(comment.join(" "))
}

/// Every comment of a file, lines that follow one another joined, and titles of tests.
fn comments(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    lines
        .filter_map(|line| {
            let comment = line.strip_prefix("//").map(|comment| comment.trim_start_matches(['/', '!']));
            comment.or_else(|| line.starts_with("test(").then_some(line))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Places between backticks: what has a path or a test, or is a file of the root.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let is_file = |text: &str| text.rsplit_once('.').is_some_and(|(_, extension)| ["md", "toml"].contains(&extension));
    text.split('`').skip(1).step_by(2).filter(move |text| text.contains("::") || text.contains('/') || is_file(text))
}

/// The file that evidence is in, and the test, if it names one: `sign_in::a_test` is in `src/tests/sign_in.rs`.
fn place(quoted: &str) -> (String, Option<&str>) {
    let (file, test) = quoted.split_once("::").map_or((quoted, None), |(file, test)| (file, Some(test)));
    let is_short = test.is_some() && !file.contains('/');
    (if is_short { format!("src/tests/{file}.rs") } else { file.to_owned() }, test)
}

#[test]
fn every_row_names_tests_that_carry_its_id_or_says_why_not() {
    let rows = rows(&read("docs/security.md"));
    let mut wrong = Vec::new();
    for Row { id, state, evidence, .. } in &rows {
        let mut shown = 0;
        for quoted in quoted(evidence) {
            let (file, test) = place(quoted);
            let Ok(source) = fs::read_to_string(root().join(&file)).or_else(|error| {
                // A folder is evidence, too.
                if root().join(&file).is_dir() { Ok(String::new()) } else { Err(error) }
            }) else {
                wrong.push(format!("{id}: there is no {file}"));
                continue;
            };
            let Some(test) = test else {
                if ids(&comments(&source)).contains(id) {
                    shown += 1;
                }
                continue;
            };
            match comment_of(&source, test) {
                None => wrong.push(format!("{id}: {file} has no test {test}")),
                Some(comment) if !ids(&comment).contains(id) => wrong.push(format!("{id}: {quoted} does not say so")),
                Some(_) => shown += 1,
            }
        }
        let is_right = match state.as_str() {
            "tested" => shown > 0,
            "by design" | "proxy" => quoted(evidence).next().is_some(),
            "open" => true,
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{id}: {state} with {evidence}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let once: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(once.len(), rows.len(), "each requirement once");
}

#[test]
fn the_summary_is_what_the_table_says() {
    let document = read("docs/security.md");
    let mut counts: BTreeMap<usize, [usize; 4]> = BTreeMap::new();
    for row in rows(&document) {
        let state = ["tested", "by design", "proxy", "open"].iter().position(|state| *state == row.state);
        counts.entry(row.level).or_default()[state.expect("a state")] += 1;
    }
    for (level, [tested, by_design, proxy, open]) in counts {
        let all = tested + by_design + proxy + open;
        let held = all - open;
        let line = format!("| {level} | {all} | {held} | {tested} | {by_design} | {proxy} | {open} |");
        assert!(document.lines().any(|said| said == line), "the summary says: {line}");
    }
}

#[test]
fn what_tests_show_is_in_the_table() {
    fn look(folder: &Path, shown: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if path.is_dir() && !path.ends_with("node_modules") {
                look(&path, shown);
            } else if ["rs", "ts", "mjs"].contains(&extension) {
                let text = fs::read_to_string(&path).expect("text");
                shown.extend(ids(&comments(&text)).into_iter().map(|id| (id, path.display().to_string())));
            }
        }
    }
    let mut shown = BTreeMap::new();
    for folder in ["src", "end2end/tests", "end2end/deploy"] {
        look(&root().join(folder), &mut shown);
    }
    for row in rows(&read("docs/security.md")) {
        shown.remove(&row.id);
    }
    assert!(shown.is_empty(), "not in docs/security.md: {shown:?}");
}

/// Files below a folder that call over the network themselves.
fn callers_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            callers_below(&path, found);
        } else if ["client::legacy", "TcpStream", "UdpSocket", "UnixStream"]
            .iter()
            .any(|means| fs::read_to_string(&path).expect("text").contains(means))
        {
            found.insert(path.strip_prefix(root()).expect("below").display().to_string());
        }
    }
}

/// ASVS 1.3.6, 13.2.4, 15.3.2: nothing calls out but to the database, the mail server and the collector of traces, each as the
/// settings name it: nothing else is compiled in that could, and nothing that follows a redirect.
#[test]
fn no_client_of_other_services_is_compiled_in() {
    let lock = read("Cargo.lock");
    let packages: BTreeSet<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(packages.contains("lettre") && packages.contains("sqlx"), "names are read");
    for client in ["reqwest", "ureq", "isahc", "surf", "curl", "attohttpc", "awc", "hyper-rustls", "hyper-tls"] {
        assert!(!packages.contains(client), "{client}");
    }
    let mut callers = BTreeSet::new();
    callers_below(&root().join("src/server"), &mut callers);
    // The second asks this machine alone; the third takes connections in, and only its tests make any.
    let known = ["src/server/telemetry/traces.rs", "src/server/cli/health.rs", "src/server/http/arrivals.rs"];
    assert_eq!(callers, BTreeSet::from(known.map(str::to_owned)));
}

#[test]
fn ids_are_read_as_they_are_written() {
    let read = |comment: &str| ids(comment).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(read(" ASVS 7.4.1: over, at 9.9.9"), "7.4.1");
    assert_eq!(read(" ASVS 3.4.1, 3.4.3 to 3.4.5 and 13.4.4: 1.1.1"), "13.4.4 3.4.1 3.4.3 3.4.4 3.4.5");
    assert_eq!(read(" nobody (ASVS 6.3.5), and (ASVS 6.3.7)."), "6.3.5 6.3.7");
    assert_eq!(read(" ASVS 8.2.1, 10.3.2, RFC 6750 section 3.1: x"), "10.3.2 8.2.1");
}

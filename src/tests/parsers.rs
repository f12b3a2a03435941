//! What must hold of every parser that sees bytes from outside, over the corpora of the fuzz targets and over random bytes
//! (`make fuzz` goes on from there for as long as one likes).

#[path = "../../fuzz/properties.rs"]
mod properties;

use std::path::Path;

use proptest::{collection::vec, prelude::*};

use properties::ALL;

/// Every file of a corpus; those that are no text as well.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files = std::fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path());
    files.map(|file| std::fs::read(file).expect("bytes")).collect()
}

/// ASVS 1.3.12, 2.2.1, 15.3.5.
#[test]
fn what_holds_of_a_parser_holds_over_its_corpus() {
    for (name, property) in ALL {
        let corpus = corpus(name);
        assert!(corpus.len() > 4, "{name}");
        for bytes in &corpus {
            property(bytes);
        }
    }
}

/// A piece of what is in the corpus, with some bytes in its place.
fn torn(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let tearing = (any::<prop::sample::Index>(), 0..8_usize, vec(any::<u8>(), 0..8));
    (prop::sample::select(corpus(name)), tearing).prop_map(|(mut bytes, (at, length, put))| {
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..bytes.len().min(at + length), put);
        bytes
    })
}

/// ASVS 1.3.12, 2.2.1, 15.3.5.
#[test]
fn what_holds_of_a_parser_holds_over_what_is_like_its_corpus() {
    for (name, property) in ALL {
        proptest!(|(bytes in prop_oneof![torn(name), vec(any::<u8>(), 0..64)])| property(&bytes));
    }
}

/// Each of them has a target that fuzzes it.
#[test]
fn every_property_has_a_target() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
    let targets = std::fs::read_to_string(manifest).expect("there");
    for (name, _) in ALL {
        assert!(targets.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}

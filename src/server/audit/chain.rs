//! What is hashed of an event, and how the links of the chain hang together, as `docs/audit.md` specifies it. Must stay as it
//! is: whoever keeps an export must be able to verify it years from now.

use sha2::{Digest, Sha256};

use crate::server::{
    crypto::token::hexadecimal,
    storage::{chain::Link, events::Content},
};

/// What comes before the first link.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What the hash of a content begins with.
const CONTENT: &str = "latchkey-event-1";
/// What the hash of a link begins with.
const LINK: &str = "latchkey-link-1";

/// The hash of everything that an event says, in lower-case hexadecimal.
#[must_use]
pub fn content_hash(content: &Content) -> String {
    hash(&[
        CONTENT,
        &content.id,
        &content.at.to_string(),
        &content.kind,
        &content.outcome,
        &content.actor,
        &content.target,
        &content.session_id,
        &content.address,
        &content.user_agent,
        &content.request_id,
        &content.detail,
        &content.salt,
    ])
}

/// The hash of one link, in lower-case hexadecimal.
#[must_use]
pub fn link_hash(previous: &str, sequence: i64, event_id: &str, content_hash: &str) -> String {
    hash(&[LINK, previous, &sequence.to_string(), event_id, content_hash])
}

/// Whether nothing of what an event said is left.
#[must_use]
pub fn is_empty(content: &Content) -> bool {
    content.at == 0
        && [
            &content.kind,
            &content.outcome,
            &content.actor,
            &content.target,
            &content.session_id,
            &content.address,
            &content.user_agent,
            &content.request_id,
            &content.detail,
            &content.salt,
        ]
        .into_iter()
        .all(String::is_empty)
}

/// Whether an event says what it said when it was written.
#[must_use]
pub fn is_as_written(link: &Link) -> bool {
    link.redacted_by.is_none() && content_hash(&link.content) == link.content_hash
}

/// SHA-256 over netstrings, so that no two lists of fields are hashed alike.
fn hash(fields: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update(format!("{}:", field.len()));
        hasher.update(field);
        hasher.update(",");
    }
    hexadecimal(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `docs/audit.md`: a verifier of somebody else's must get the same.
    #[test]
    fn hashes_stay_as_they_are() {
        let content = Content {
            id: "01234567-89ab-7cde-8f01-23456789abcd".into(),
            at: 1_795_203_960,
            kind: "signed_in".into(),
            outcome: "success".into(),
            actor: "ada".into(),
            target: "ada".into(),
            session_id: "s1".into(),
            address: "192.0.2.7".into(),
            user_agent: "Example/1.0".into(),
            request_id: "r1".into(),
            detail: r#"{"by":"sign_in"}"#.into(),
            salt: "00112233445566778899aabbccddeeff".into(),
        };
        let hash = content_hash(&content);
        insta::assert_snapshot!(hash, @"45b8167d5ff2ac306c752109a258738c3f06f83575db17ac19257f37cab177ec");
        insta::assert_snapshot!(link_hash(GENESIS, 1, &content.id, &hash), @"2be9689dd532f8a221a2123319d782f5b1ecdbc5baa971c5da053e44cd9d9d99");
    }

    #[test]
    fn moving_a_character_from_one_field_to_the_next_shows() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a", ""]), hash(&["", "a"]));
    }
}

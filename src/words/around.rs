//! A sentence around something that is marked up, such as a name or a link, written whole so that each language has its
//! own order. Must not draw it: that is `components::sentence`.

/// What stands before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// Before it.
    pub before: &'static str,
    /// After it.
    pub after: &'static str,
}

impl Around {
    /// Reads a sentence in which `{}` stands for what is marked up.
    ///
    /// # Panics
    /// Where there is no `{}`. Texts are constants, so such a one does not compile.
    #[must_use]
    pub const fn new(sentence: &'static str) -> Self {
        let bytes = sentence.as_bytes();
        let mut at = 0;
        while at + 1 < bytes.len() {
            if bytes[at] == b'{' && bytes[at + 1] == b'}' {
                let (before, rest) = sentence.split_at(at);
                let (_, after) = rest.split_at(2);
                return Self { before, after };
            }
            at += 1;
        }
        panic!("a sentence around something says where")
    }
}

//! What a token may be used for (RFC 6749 section 3.3). Must not say what its person may do: that is their roles.

use super::named::named;

named! {
    /// A scope.
    Scope {
        /// See one's own account and its sessions.
        AccountRead = "account:read",
        /// End sessions of one's own.
        AccountWrite = "account:write",
        /// See what the console shows, for administrators.
        AdminRead = "admin:read",
        /// Do what the console does, for administrators.
        AdminWrite = "admin:write",
        /// Make and revoke personal access tokens, make administrators and unmake them: only with the token of a sign-in, never with
        /// a personal one, or a leaked one could replace itself.
        Tokens = "tokens",
    }
}

impl Scope {
    /// Those that a personal access token can have.
    pub const PERSONAL: [Self; 4] = [Self::AccountRead, Self::AccountWrite, Self::AdminRead, Self::AdminWrite];

    /// Whether it is about other people, and so for administrators alone.
    #[must_use]
    pub fn is_for_administrators(self) -> bool {
        matches!(self, Self::AdminRead | Self::AdminWrite)
    }

    /// A list as it is stored and sent: parted by spaces (RFC 6749 section 3.3).
    #[must_use]
    pub fn join(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What [`Scope::join`] wrote; what is no scope any more opens nothing.
    #[must_use]
    pub fn split(joined: &str) -> Vec<Self> {
        joined.split(' ').filter_map(Self::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_is_written() {
        for some in [Scope::ALL, &Scope::PERSONAL, &[]] {
            assert_eq!(Scope::split(&Scope::join(some)), some);
        }
        assert_eq!(Scope::split("account:read nonsense  ACCOUNT:WRITE"), [Scope::AccountRead]);
    }

    /// A leaked personal token must not make another one.
    #[test]
    fn no_personal_token_makes_tokens() {
        assert!(!Scope::PERSONAL.contains(&Scope::Tokens));
    }
}

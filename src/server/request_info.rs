//! Who asks: what a flow may know of a request. Must not hold what opens a session.

use std::net::{IpAddr, Ipv6Addr};

/// The most bytes of a user agent that are kept.
const MAX_USER_AGENT_BYTES: usize = 256;

/// Where a request came from, in forms fit for rows, logs and mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// Names the request in logs and on error pages.
    pub id: String,
    /// The client's address.
    pub address: String,
    /// As the browser named itself: printable ASCII, cut at 256 bytes (ASVS 16.4.1).
    pub user_agent: String,
    /// What the browser was given when somebody signed in with it before; empty where there is none. Opens nothing.
    pub device: String,
    /// Whether it is to be given none: programs that do not ask for it.
    pub forgets_device: bool,
}

impl RequestInfo {
    /// Whom tries are counted for: the address, of IPv6 the first 64 bits, which is what one customer has (RFC 6177).
    #[must_use]
    pub fn network(&self) -> String {
        match self.address.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            _ => self.address.clone(),
        }
    }

    /// A user agent header as it may be kept.
    #[must_use]
    pub fn clean_user_agent(header: &[u8]) -> String {
        let printable = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
        header.iter().filter(printable).take(MAX_USER_AGENT_BYTES).map(|byte| char::from(*byte)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_customer_is_one_network() {
        let network = |address: &str| RequestInfo { address: address.into(), ..RequestInfo::default() }.network();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("unknown"), "unknown");
    }

    proptest! {
        /// ASVS 16.4.1.
        #[test]
        fn a_kept_user_agent_breaks_no_line(header in any::<Vec<u8>>()) {
            let kept = RequestInfo::clean_user_agent(&header);
            prop_assert!(kept.len() <= MAX_USER_AGENT_BYTES);
            prop_assert!(kept.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        }
    }
}

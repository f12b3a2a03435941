//! Whom a request came from: the socket's peer, or what a trusted proxy says (ASVS 15.3.4). Must not believe anybody else.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::Request};
use ipnet::IpNet;

use crate::server::proxies::Kind;

/// The header trusted proxies append to.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address; `None` where there is no socket (in-process tests).
#[must_use]
pub fn of<B>(request: &Request<B>, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer(request)?;
    if !is_one_of(trusted, peer) {
        return Some(peer);
    }
    let headers = request.headers().get_all(FORWARDED_FOR);
    let hops: Vec<&str> =
        headers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    // From the nearest proxy outwards: the first that is not ours is the client. What cannot be read ends the search.
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = canonical(address);
        if !is_one_of(trusted, client) {
            break;
        }
    }
    Some(client)
}

/// What a request tells of the proxy that it came through, and where that is. Of whoever is far away nothing is said: they may
/// send any header. Nor of what asks whether the server is well, which comes from the machine itself.
#[must_use]
pub fn proxy<B>(request: &Request<B>, trusted: &[IpNet]) -> Option<(Kind, IpAddr)> {
    let peer = peer(request)?;
    let is_forwarded = request.headers().contains_key(FORWARDED_FOR);
    let kind = match (is_one_of(trusted, peer), is_forwarded) {
        (true, true) => Kind::Named,
        (true, false) if !request.uri().path().starts_with("/health") => Kind::Silent,
        (false, true) if is_near(peer) => Kind::Unnamed,
        _ => return None,
    };
    Some((kind, peer))
}

/// Whether the peer is a proxy of ours, whose word counts.
#[must_use]
pub fn is_trusted<B>(request: &Request<B>, trusted: &[IpNet]) -> bool {
    peer(request).is_some_and(|peer| is_one_of(trusted, peer))
}

/// Who is at the other end of the socket; `None` where there is none.
fn peer<B>(request: &Request<B>) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| canonical(peer.0.ip()))
}

fn is_one_of(trusted: &[IpNet], address: IpAddr) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// Whether an address is of this machine or of a private network (RFC 1918, RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// IPv4 in IPv6 clothes is IPv4.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = Request::new(());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().expect("peer"), 1)));
        for value in forwarded {
            if let Ok(value) = value.parse() {
                request.headers_mut().append(FORWARDED_FOR, value);
            }
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().expect("net")).collect();
        of(&request, &trusted).expect("a peer").to_string()
    }

    /// ASVS 15.3.4.
    #[test]
    fn strangers_cannot_say_who_they_are() {
        assert_eq!(address("192.0.2.1", &["10.0.0.1"], &[]), "192.0.2.1");
        assert_eq!(address("192.0.2.1", &["10.0.0.1"], &["10.0.0.0/8"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        assert_eq!(address("10.0.0.1", &["192.0.2.9"], &["10.0.0.0/8"]), "192.0.2.9");
        assert_eq!(address("10.0.0.1", &["203.0.113.5, 192.0.2.9, 10.0.0.2"], &["10.0.0.0/8"]), "192.0.2.9");
        assert_eq!(address("10.0.0.1", &["203.0.113.5", "192.0.2.9"], &["10.0.0.0/8"]), "192.0.2.9");
        assert_eq!(address("10.0.0.1", &["nonsense"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(address("::ffff:10.0.0.1", &["2001:db8::7"], &["10.0.0.0/8"]), "2001:db8::7");
    }

    #[test]
    fn proxies_are_seen_and_strangers_are_not() {
        let seen = |peer: &str, path: &str, header: Option<&str>| {
            let mut request = Request::builder().uri(path).body(()).expect("a request");
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().expect("peer"), 1)));
            if let Some(header) = header {
                request.headers_mut().insert(FORWARDED_FOR, header.parse().expect("a header"));
            }
            proxy(&request, &["10.0.0.0/8".parse().expect("net")]).map(|(kind, _)| kind)
        };
        assert_eq!(seen("10.0.0.1", "/", Some("192.0.2.9")), Some(Kind::Named));
        assert_eq!(seen("10.0.0.1", "/", None), Some(Kind::Silent));
        assert_eq!(seen("10.0.0.1", "/health/ready", None), None);
        for near in ["127.0.0.1", "192.168.1.5", "172.17.0.1", "::1", "fd00::1", "::ffff:192.168.1.5"] {
            assert_eq!(seen(near, "/", Some("192.0.2.9")), Some(Kind::Unnamed), "{near}");
            assert_eq!(seen(near, "/", None), None, "{near}");
        }
        for far in ["192.0.2.1", "2001:db8::7"] {
            assert_eq!(seen(far, "/", Some("10.0.0.1")), None, "{far}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_some_address(forwarded in "\\PC{0,60}") {
            let _ = address("10.0.0.1", &[&forwarded], &["10.0.0.0/8"]);
        }
    }
}

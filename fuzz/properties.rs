//! What must hold of every parser that sees bytes from outside, whatever the bytes: run by the fuzz targets beside this file, and
//! by the integration test `parsers` over the corpora and over random bytes. Must not need a server.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::OnceLock,
};

use axum::{
    extract::ConnectInfo,
    http::{
        HeaderMap, HeaderValue, Request,
        header::{COOKIE, LOCATION},
    },
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use latchkey::{
    domain::{
        console::PeopleQuery,
        email::Email,
        identifier::Identifier,
        moment::Moment,
        records::{AuditQuery, SessionsQuery},
        safe_path::SafePath,
        username::Username,
    },
    server::{
        config::Config,
        crypto::legacy,
        http::{client_address, cookies::Jar, flash},
        import::{
            guess::Mapping,
            record::{Choices, Person},
            source::{Item, Source, Wanted},
        },
        state::AppState,
        storage::Db,
        tokens::{self, TokenError, TokenFault, keys},
    },
};
use tokio::runtime::Runtime;

/// A property, and the name of its target and corpus.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Property; 9] = [
    ("cookies", cookies),
    ("email", email),
    ("forwarded", forwarded),
    ("hash", hash),
    ("import", import),
    ("jwt", jwt),
    ("next", next),
    ("queries", queries),
    ("username", username),
];

/// An address that is taken can be written, is found again by its key, and is no two lines of a mail's head.
pub fn email(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    let Ok(email) = Email::parse(&typed) else { return };
    let written = email.as_str();
    assert!(!written.chars().any(|c| c.is_control() || c.is_whitespace()), "{written:?}");
    assert!(written.len() <= 254 && written.matches('@').count() == 1, "{written:?}");
    assert_eq!(Email::parse(written).as_ref(), Ok(&email));
    assert_eq!(Email::parse(&email.key()).map(|again| again.key()), Ok(email.key()));
    assert!(matches!(Identifier::parse(written), Ok(Identifier::Email(found)) if found.key() == email.key()));
}

/// A name that is taken can be written, is found again by its key, and is no address.
pub fn username(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    let Ok(username) = Username::parse(&typed) else { return };
    let written = username.as_str();
    assert!(!written.chars().any(char::is_control) && !written.contains('@'), "{written:?}");
    assert_eq!(Username::parse(written).as_ref(), Ok(&username));
    assert_eq!(Username::parse(&username.key()).map(|again| again.key()), Ok(username.key()));
    assert!(matches!(Identifier::parse(written), Ok(Identifier::Username(found)) if found.key() == username.key()));
}

/// A path that is taken leads to this site, however a browser reads it.
pub fn next(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    let Some(path) = SafePath::parse(&typed) else { return };
    let here = url::Url::parse("https://accounts.example.com/sign-in").expect("a URL");
    let there = here.join(path.as_str()).expect("a browser reads it");
    assert_eq!(there.origin(), here.origin(), "{path:?}");
    assert!(there.username().is_empty() && there.fragment().is_none(), "{path:?}");
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(path.as_str()).expect("fit for a header"));
    let query = format!("next={}", path.query_value());
    let carried: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    assert_eq!(carried, [("next".into(), path.as_str().into())]);
}

/// What a list is asked for is asked for by the address that its page gives itself, and that is an address of this site.
pub fn queries(bytes: &[u8]) {
    fn pairs(query: &[u8]) -> Vec<(String, String)> {
        url::form_urlencoded::parse(query).into_owned().collect()
    }
    fn each(query: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
        query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
    fn asked(address: &str) -> Vec<(String, String)> {
        assert!(address.starts_with("/admin/") && address.bytes().all(|byte| byte.is_ascii_graphic()), "{address:?}");
        pairs(address.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }
    let given = pairs(bytes);
    let people = PeopleQuery::parse(each(&given));
    assert_eq!(PeopleQuery::parse(each(&asked(&people.address()))), people);
    let sessions = SessionsQuery::parse(each(&given));
    assert_eq!(SessionsQuery::parse(each(&asked(&sessions.address()))), sessions);
    let audit = AuditQuery::parse(each(&given));
    assert_eq!(AuditQuery::parse(each(&asked(&audit.address()))), audit);
}

/// Whatever a browser sends as cookies is read, and what is found stands there whole; what survives a redirect fits into a cookie
/// again.
pub fn cookies(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, value);
    for jar in [Jar::Session, Jar::Flash, Jar::Link, Jar::Device, Jar::Theme] {
        for is_https in [true, false] {
            if let Some(value) = jar.read(&headers, is_https) {
                assert!(!value.contains(';'), "{value:?}");
                let text = String::from_utf8_lossy(bytes);
                assert!(text.contains(&format!("{}={value}", jar.name(is_https))), "{value:?}");
                if matches!(jar, Jar::Flash) {
                    let kept = flash::set(&flash::read(value), is_https).expect("a header");
                    assert!(kept.len() <= 4_096, "{kept:?}");
                }
            }
        }
    }
}

/// Nobody but a proxy that is trusted decides where a request came from.
pub fn forwarded(bytes: &[u8]) {
    let peer = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));
    let mut request = Request::new(());
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 1)));
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request.headers_mut().append("x-forwarded-for", value);
        }
    }
    assert_eq!(client_address::of(&request, &[]), Some(peer));
    let proxies = ["10.0.0.0/8".parse().expect("a network")];
    let client = client_address::of(&request, &proxies).expect("there is a socket");
    let is_written = String::from_utf8_lossy(bytes)
        .split([',', '\n'])
        .filter_map(|hop| hop.trim().parse::<IpAddr>().ok())
        .any(|hop| hop.to_canonical() == client);
    assert!(client == peer || is_written, "{client}");
}

/// A hash is known or refused, and costs nothing until it is verified.
pub fn hash(bytes: &[u8]) {
    let stored = String::from_utf8_lossy(bytes);
    match legacy::examine(&stored) {
        Ok(kind) => assert!(!kind.is_empty() && stored.len() <= 512 && !stored.contains('\0'), "{stored:?}"),
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

/// A server without people, for what needs one.
fn desk() -> &'static (Runtime, AppState) {
    static DESK: OnceLock<(Runtime, AppState)> = OnceLock::new();
    DESK.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder").keep();
        let url = format!("sqlite://{}/fuzz.db", folder.display());
        let state = runtime.block_on(async {
            let db = Db::connect(&url).await.expect("a database");
            db.migrate().await.expect("a schema");
            let config = Config {
                database_url: url.as_str().into(),
                argon2_memory_kib: 8,
                argon2_iterations: 1,
                ..Config::default()
            };
            AppState::new(config, db).expect("a state")
        });
        (runtime, state)
    })
}

/// Nothing is a token but what was signed here, as it was signed, with the claims that are written here (ASVS 9.1.1 to 9.2.3).
pub fn jwt(bytes: &[u8]) {
    let (runtime, state) = desk();
    let verify = |token: &str| match runtime.block_on(tokens::verify(state, token)) {
        Ok(claims) => Some(claims),
        Err(TokenError::Refused(TokenFault::Invalid | TokenFault::Expired)) => None,
        Err(error) => panic!("{error}"),
    };
    let text = String::from_utf8_lossy(bytes);
    assert!(verify(&text).is_none(), "{text:?}");
    // The same bytes as claims that were signed, so that what reads claims is reached.
    let key = runtime.block_on(keys::signing(state)).expect("a key");
    let signed = format!("{}.{}", key.header(), BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).expect("signed"));
    if let Some(claims) = verify(&format!("{signed}.{signature}")) {
        assert!(!claims.subject.is_empty() && claims.issued_at < claims.expires_at, "{text:?}");
        assert!(claims.expires_at > state.now() && claims.issued_at >= Moment(0), "{text:?}");
    }
    // And as a header, and as a signature.
    let claims = BASE64_URL_SAFE_NO_PAD.encode("{}");
    assert!(verify(&format!("{}.{claims}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(bytes))).is_none());
    let other = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    assert!(other == signature || verify(&format!("{signed}.{other}")).is_none(), "{text:?}");
}

/// Whatever a file holds is read to its end or refused, and each row is a person or has a reason.
pub fn import(bytes: &[u8]) {
    let (runtime, _) = desk();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("written");
    for wanted in [Wanted::Auto, Wanted::MongoJson, Wanted::UsersJson, Wanted::Csv] {
        runtime.block_on(async {
            let Ok(mut source) = Source::open(file.path(), wanted, None).await else { return };
            let mut rows = Vec::new();
            while let Some(Ok(item)) = source.next().await {
                match item {
                    Item::Row(row) => rows.push(row),
                    Item::Bad { why, .. } => assert!(!why.is_empty()),
                    Item::Unended => {}
                }
            }
            let heads: Vec<_> = rows.iter().collect();
            let Ok(mapping) = Mapping::of(&heads, &[], source.format.is_free()) else { return };
            for row in &rows {
                if let Err(reason) = Person::read(row, &mapping, Choices { verified: true, grant_admin: true }) {
                    assert!(!reason.code().is_empty() && !reason.to_string().is_empty());
                }
            }
        });
    }
}

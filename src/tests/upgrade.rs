//! A database of an earlier version: nothing in it is lost, and its people sign in.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use crate::support::{Engine, PASSWORD, World};

/// Versions of the schema that there were before the present one.
const VERSIONS: std::ops::RangeInclusive<i64> = 1..=6;

fn hash() -> String {
    let params = Params::new(8, 1, 1, None).expect("parameters");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string()
}

async fn everybody_is_still_there(engine: Engine) {
    for version in VERSIONS {
        // What the fourth version takes from what was there before it.
        let since_the_fourth = "; update users set last_sign_in_at = 1700000200 where id = '1'; update sessions set authenticated_at = created_at";
        let people = format!(
            "insert into users (id, email, email_key, password_hash, credential_version, created_at)
                values ('1', 'Sam@example.com', 'sam@example.com', '{hash}', 0, 1700000000),
                       ('2', 'kim@example.com', 'kim@example.com', null, 0, 1700000000);
            insert into user_roles (user_id, role, granted_at) values ('1', 'admin', 1700000000);
            insert into sessions (id, token_hash, user_id, created_at, last_seen_at, idle_seconds, expires_at, address,
                    user_agent, factors, credential_version, data, ended_at, end_reason)
                values ('a', 'x', '1', 1700000100, 1700000100, 60, 1700009999, '192.0.2.7', 'Example/1.0', 'pwd', 0, '{{}}', 1700000160, 'idle'),
                       ('b', 'y', '1', 1700000200, 1700000200, 60, 1700009999, '192.0.2.7', 'Example/1.0', 'pwd', 0, '{{}}', 1700000260, 'idle'){more}",
            hash = hash(),
            more = if version < 4 { "" } else { since_the_fourth }
        );
        let world = World::upgraded(engine, version, &people).await;
        let people =
            world.look_up("select string_agg(id || ' ' || coalesce(last_sign_in_at, 0), ', ' order by id) from users");
        assert_eq!(people.await, "1 1700000200, 2 0", "from version {version}");
        let sessions = "select string_agg(id || ' ' || authenticated_at, ', ' order by id) from sessions";
        assert_eq!(world.look_up(sessions).await, "a 1700000100, b 1700000200", "from version {version}");
        let mut browser = world.anonymous();
        assert_eq!(
            browser.sign_in("sam@example.com", PASSWORD).await.location(),
            "/dashboard",
            "from version {version}"
        );
        assert!(browser.get("/admin").await.says("Overview"), "from version {version}");
        world.end().await;
    }
}

#[tokio::test]
async fn on_sqlite_everybody_is_still_there() {
    everybody_is_still_there(Engine::Sqlite).await;
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn everybody_is_still_there() {
        super::everybody_is_still_there(Engine::Postgres).await;
    }
}

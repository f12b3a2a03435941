//! What every test starts from: a world of its own, with a clock it moves, a mailbox it reads, and actors.

/// Browsers and programs.
pub mod actor;
/// A server with a database of its own.
pub mod world;

pub use actor::{Answer, Browser, SignedIn};
pub use world::{Engine, World};

/// A password nobody guesses.
pub const PASSWORD: &str = "marble trolley unseen kettle";
/// Another one.
pub const OTHER_PASSWORD: &str = "walnut ferry quartz umbrella";

/// Defines each test twice: on SQLite and on PostgreSQL. The body gets a [`World`] of its own.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
        mod sqlite {
            use super::*;
            $($(#[$meta])* #[tokio::test] async fn $name() { bodies::$name($crate::support::Engine::Sqlite).await })*
        }
        mod postgres {
            use super::*;
            $($(#[$meta])* #[tokio::test] async fn $name() { bodies::$name($crate::support::Engine::Postgres).await })*
        }
        mod bodies {
            use super::*;
            $(pub async fn $name(engine: $crate::support::Engine) {
                let $world = $crate::support::World::new(engine).await;
                { let $world = &$world; $body }
                $world.end().await;
            })*
        }
    };
}
pub(crate) use on_both_engines;

//! What every test starts from: a world of its own, with a clock it moves, a mailbox it reads, and actors.

/// Browsers and programs.
pub mod actor;
/// Administrators.
pub mod administrator;
/// Programs.
pub mod program;
/// A server with a database of its own.
pub mod world;

pub use actor::{Answer, Browser, SignedIn};
pub use program::Program;
pub use world::{Engine, Ground, HeldRandom, Mail, World};

/// A password nobody guesses.
pub const PASSWORD: &str = "marble trolley unseen kettle";
/// Another one.
pub const OTHER_PASSWORD: &str = "walnut ferry quartz umbrella";

/// Settings as they are at a desk.
pub fn at_a_desk(_: &mut latchkey::server::config::Config) {}

/// Lets a subscriber hear what this thread logs, until what is returned is dropped. With a single subscriber, a line that another
/// thread is the first to come by, where nobody listens, would be taken for one that nobody wants to hear; hence a second one.
pub fn listen(
    subscriber: impl tracing::Subscriber + Send + Sync,
) -> (tracing::subscriber::DefaultGuard, tracing::Dispatch) {
    let second = tracing::Dispatch::new(tracing_subscriber::registry());
    (tracing::subscriber::set_default(subscriber), second)
}

/// Defines each test twice: on SQLite and on PostgreSQL. The body gets a [`World`] of its own, with the settings of a desk,
/// or as a function changes them: `on_both_engines! { with(strict) async fn … }`.
macro_rules! on_both_engines {
    (with($change:path) $($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
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
                let $world = $crate::support::World::with(engine, $change).await;
                { let $world = &$world; $body }
                $world.end().await;
            })*
        }
    };
    ($($tests:tt)*) => {
        $crate::support::on_both_engines! { with($crate::support::at_a_desk) $($tests)* }
    };
}
pub(crate) use on_both_engines;

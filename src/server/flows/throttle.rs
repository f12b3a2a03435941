//! How often something may be tried, and how long to wait after too many tries: growing waits, counted in the database, so
//! that all nodes count together (ASVS 2.4.1, 6.3.1). Must not know who exists: a limit is the same for people we know
//! and people we do not (6.3.8).

use crate::{
    domain::{error::AuthError, event::EventKind, moment::Moment},
    server::{
        audit::Event,
        crypto::token::digest,
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Durability, StoreError, Tx,
            limits::{self, LimitRow, Tried},
            patience,
        },
    },
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Something that is limited, and whom it is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit<'a> {
    /// Failed sign-ins under an identifier, whether anybody has it or not.
    SignInAccount(&'a str),
    /// Failed sign-ins of a browser in which this person signed in before; strangers do not add to it.
    SignInDevice(&'a str),
    /// Failed sign-ins from a network.
    SignInNetwork(&'a str),
    /// Wrong passwords of somebody who is asked for it again.
    Password(&'a str),
    /// Sign-ups for an address.
    SignUpEmail(&'a str),
    /// Mails with a link to choose a new password, to an address.
    ResetEmail(&'a str),
    /// Mails with a link that proves an address, to it.
    VerifyEmail(&'a str),
    /// Sign-ups and requests for mail from a network.
    RequestNetwork(&'a str),
    /// Changes of a person's user name.
    Username(&'a str),
    /// Refusals to a person that are written down.
    Denied(&'a str),
    /// Mails that tell a person of a sign-in with a browser that was not known.
    SignInMail(&'a str),
    /// Personal access tokens that a person makes.
    NewToken(&'a str),
    /// Exchanges of the refresh tokens of a session.
    Refresh(&'a str),
}

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Policy {
    /// Tries before the first wait begins.
    free: i64,
    /// The first wait in seconds; each one after is twice as long.
    first_wait: i64,
    /// The longest wait in seconds.
    longest_wait: i64,
    /// Seconds after the first try when all is forgotten.
    memory: i64,
}

impl Limit<'_> {
    /// What is stored: nobody can read who was tried.
    fn key(self) -> String {
        let (Self::SignInAccount(subject)
        | Self::SignInDevice(subject)
        | Self::SignInNetwork(subject)
        | Self::Password(subject)
        | Self::SignUpEmail(subject)
        | Self::ResetEmail(subject)
        | Self::VerifyEmail(subject)
        | Self::RequestNetwork(subject)
        | Self::Username(subject)
        | Self::Denied(subject)
        | Self::SignInMail(subject)
        | Self::NewToken(subject)
        | Self::Refresh(subject)) = self;
        digest(format!("{}:{subject}", self.name()).as_bytes())
    }

    fn name(self) -> &'static str {
        match self {
            Self::SignInAccount(_) => "sign_in_account",
            Self::SignInDevice(_) => "sign_in_device",
            Self::SignInNetwork(_) => "sign_in_network",
            Self::Password(_) => "password",
            Self::SignUpEmail(_) => "sign_up_email",
            Self::ResetEmail(_) => "reset_email",
            Self::VerifyEmail(_) => "verify_email",
            Self::RequestNetwork(_) => "request_network",
            Self::Username(_) => "username",
            Self::Denied(_) => "denied",
            Self::SignInMail(_) => "sign_in_mail",
            Self::NewToken(_) => "new_token",
            Self::Refresh(_) => "refresh",
        }
    }

    fn policy(self, state: &AppState) -> Policy {
        let config = &state.config;
        match self {
            Self::SignInAccount(_) | Self::SignInDevice(_) | Self::Password(_) => {
                Policy { free: i64::from(config.account_tries), first_wait: 30, longest_wait: HOUR, memory: DAY }
            }
            Self::SignInNetwork(_) => Policy {
                free: i64::from(config.network_tries),
                first_wait: 30,
                longest_wait: 15 * MINUTE,
                memory: HOUR,
            },
            // Shorter than a link works: while strangers keep somebody from asking, the link that they asked for is alive.
            Self::SignUpEmail(_) | Self::ResetEmail(_) => {
                Policy { free: 3, first_wait: 5 * MINUTE, longest_wait: 20 * MINUTE, memory: DAY }
            }
            Self::VerifyEmail(_) => Policy { free: 1, first_wait: MINUTE, longest_wait: 6 * HOUR, memory: DAY },
            Self::Username(_) => Policy { free: 5, first_wait: 10 * MINUTE, longest_wait: DAY, memory: DAY },
            Self::Denied(_) => Policy { free: 20, first_wait: MINUTE, longest_wait: HOUR, memory: DAY },
            // Ten, then none for a day: who knows the password, or signs in from private windows, fills no mailbox.
            Self::SignInMail(_) => Policy { free: 10, first_wait: DAY, longest_wait: DAY, memory: DAY },
            Self::NewToken(_) => Policy { free: 100, first_wait: 10 * MINUTE, longest_wait: DAY, memory: DAY },
            // An access token is good for an hour.
            Self::Refresh(_) => Policy { free: 60, first_wait: MINUTE, longest_wait: HOUR, memory: HOUR },
            Self::RequestNetwork(_) => Policy {
                free: i64::from(config.network_requests),
                first_wait: MINUTE,
                longest_wait: HOUR,
                memory: HOUR,
            },
        }
    }

    /// Whether it is a person's own, and not that of a network or an address that mail goes to.
    fn is_personal(self) -> bool {
        matches!(self, Self::SignInAccount(_) | Self::SignInDevice(_) | Self::Password(_))
    }

    /// Whether the person learns that it was reached.
    fn is_told_to_its_person(self) -> bool {
        self.is_personal() || matches!(self, Self::SignInMail(_))
    }

    fn refusal(self, seconds: i64) -> AuthError {
        let retry_after = u32::try_from(seconds.max(1)).unwrap_or(u32::MAX);
        match self {
            Self::SignInAccount(_) | Self::SignInDevice(_) | Self::SignInNetwork(_) | Self::Password(_) => {
                AuthError::TooManyTries { retry_after }
            }
            _ => AuthError::TooManyRequests { retry_after },
        }
    }
}

/// Counts a try against each of the limits, or against none if one of them says to wait. Called before the work, so that
/// many tries at once are all counted (ASVS 2.3.4); what turns out well is taken back. `user_id` is whose account is tried,
/// where there is one: nobody outside can tell.
///
/// # Errors
/// [`AuthError::TooManyTries`] or [`AuthError::TooManyRequests`], with the longest of the waits.
pub async fn count(
    state: &AppState,
    request: &RequestInfo,
    user_id: Option<&str>,
    these: &[Limit<'_>],
) -> Result<(), FlowError> {
    let mut counted: Vec<(String, Limit<'_>)> = these.iter().map(|limit| (limit.key(), *limit)).collect();
    // In one order for everybody, so that no two transactions wait for each other (ASVS 15.4.3).
    counted.sort_by(|(one, _), (other, _)| one.cmp(other));
    // A loss of power may forget a try; what comes of it is written, and waited for, by itself.
    let is_counted =
        count_in(state.db.begin_with(Durability::Delayed).await?, state, request, user_id, &counted, false).await?;
    if !is_counted {
        count_in(state.db.begin().await?, state, request, user_id, &counted, true).await?;
    }
    Ok(())
}

/// The same in a transaction, which ends with it. `false`, and nothing is counted, where a wait begins in one that may write no
/// events: those are to be on the disk at once.
async fn count_in(
    mut tx: Tx,
    state: &AppState,
    request: &RequestInfo,
    user_id: Option<&str>,
    counted: &[(String, Limit<'_>)],
    may_write_events: bool,
) -> Result<bool, FlowError> {
    let now = state.now();
    let mut refusal: Option<(i64, Limit<'_>)> = None;
    let (mut tried, mut begun) = (Vec::new(), Vec::new());
    let keys: Vec<&str> = counted.iter().map(|(key, _)| key.as_str()).collect();
    let held = limits::hold(&mut tx, &keys).await?;
    for ((key, limit), row) in counted.iter().zip(held) {
        match next(row, now, limit.policy(state)) {
            Ok(next) => {
                tried.push(Tried { key, row: next, user_id: user_id.filter(|_| limit.is_personal()) });
                // Where one is all there is, the wait is a pace that everybody keeps, and no news.
                if next.blocked_until > now.0 && limit.policy(state).free > 1 {
                    begun.push((*limit, next.blocked_until - now.0));
                }
            }
            Err(seconds) if refusal.is_none_or(|(longest, _)| longest < seconds) => refusal = Some((seconds, *limit)),
            Err(_) => {}
        }
    }
    if let Some((seconds, limit)) = refusal {
        tracing::warn!(limit = limit.name(), seconds, "refused after too many tries");
        return Err(limit.refusal(seconds).into());
    }
    if !begun.is_empty() && !may_write_events {
        return Ok(false);
    }
    limits::put(&mut tx, &tried).await?;
    for (limit, seconds) in begun {
        Event::of(EventKind::LimitReached, request)
            .about(user_id.filter(|_| limit.is_told_to_its_person()).unwrap_or_default())
            .with("limit", limit.name())
            .with("seconds", seconds.to_string())
            .record(state, &mut tx)
            .await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Settles what was counted for a try that turned out well: the person's own tries are forgotten, of a network's only this one
/// is taken back, or somebody's own success would make room for their guesses at others.
///
/// # Errors
/// When the database is away; the tries then stay counted.
pub async fn settle(tx: &mut Tx, these: &[Limit<'_>]) -> Result<(), StoreError> {
    let mut keys: Vec<(String, bool)> =
        these.iter().map(|limit| (limit.key(), matches!(limit, Limit::SignInNetwork(_)))).collect();
    keys.sort();
    for (key, is_shared) in &keys {
        if *is_shared {
            limits::forgive(&mut *tx, key).await?;
        } else {
            limits::clear(&mut *tx, key).await?;
        }
    }
    Ok(())
}

/// Lets a transaction wait for every other one that counts against a limit or holds it, and holds it until its end.
///
/// # Errors
/// When the database is away.
pub async fn hold(tx: &mut Tx, limit: Limit<'_>) -> Result<(), StoreError> {
    limits::hold(tx, &[&limit.key()]).await.map(drop)
}

/// Takes back tries that were never looked at, because this machine was busy or something failed.
///
/// # Errors
/// When the database is away; the tries then stay counted.
pub async fn take_back(state: &AppState, these: &[Limit<'_>]) -> Result<(), ServerError> {
    patience::renew();
    let mut keys: Vec<String> = these.iter().map(|limit| limit.key()).collect();
    keys.sort();
    let mut tx = state.db.begin_with(Durability::Delayed).await?;
    for key in &keys {
        limits::forgive(&mut tx, key).await?;
    }
    Ok(tx.commit().await?)
}

/// What is remembered after one more try, or the seconds still to wait.
fn next(row: LimitRow, now: Moment, policy: Policy) -> Result<LimitRow, i64> {
    // A clock that was wrong wrote what is further away than anybody ever waits or is remembered.
    let is_ahead = Moment(row.blocked_until).is_ahead_of(now.plus(policy.longest_wait))
        || Moment(row.expires_at).is_ahead_of(now.plus(policy.memory.max(policy.longest_wait)));
    let row = if is_ahead { LimitRow::default() } else { row };
    if now.0 < row.blocked_until {
        return Err(row.blocked_until - now.0);
    }
    let begins = row.expires_at <= now.0;
    let count = if begins { 1 } else { row.count.saturating_add(1) };
    let wait = if count < policy.free {
        0
    } else {
        let doublings = u32::try_from((count - policy.free).min(32)).unwrap_or(32);
        policy.first_wait.saturating_mul(1 << doublings).min(policy.longest_wait)
    };
    let blocked_until = if wait == 0 { 0 } else { now.0.saturating_add(wait) };
    let expires_at = if begins { now.0.saturating_add(policy.memory) } else { row.expires_at };
    Ok(LimitRow { count, blocked_until, expires_at: expires_at.max(blocked_until) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: Policy = Policy { free: 3, first_wait: 30, longest_wait: 100, memory: 1_000 };

    /// The waits that tries at these instants get: what is told, or 0 where the try was let through.
    fn waits(instants: &[i64]) -> Vec<i64> {
        let mut row = LimitRow::default();
        let mut waits = Vec::new();
        for at in instants {
            match next(row, Moment(*at), POLICY) {
                Ok(after) => {
                    row = after;
                    waits.push(0);
                }
                Err(seconds) => waits.push(seconds),
            }
        }
        waits
    }

    /// ASVS 6.3.1.
    #[test]
    fn waits_begin_after_the_free_tries_and_double_up_to_the_longest() {
        assert_eq!(waits(&[1, 2, 3, 4]), [0, 0, 0, 29]);
        assert_eq!(waits(&[1, 2, 3, 33, 34, 93, 94, 193, 194]), [0, 0, 0, 0, 59, 0, 99, 0, 99]);
    }

    #[test]
    fn tries_long_ago_are_forgotten() {
        assert_eq!(waits(&[1, 2, 2_000, 2_001, 2_002, 2_003]), [0, 0, 0, 0, 0, 29]);
    }

    /// A network in which somebody errs now and then is not limited for it, however long that goes on.
    #[test]
    fn a_slow_drip_never_adds_up() {
        let drip: Vec<i64> = (0..50).map(|index| index * 600).collect();
        assert!(waits(&drip).iter().all(|wait| *wait == 0));
    }

    /// By whatever a clock was ahead: nobody waits longer than the longest for what it wrote.
    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out() {
        assert_eq!(waits(&[5_000, 5_001, 5_002, 5_003, 1]), [0, 0, 0, 29, 0]);
        // Of two machines whose clocks are apart, one forgets nothing that the other wrote.
        assert_eq!(waits(&[60, 61, 62, 20]), [0, 0, 0, 72]);
    }

    proptest! {
        #[test]
        fn nobody_waits_longer_than_the_longest(
            count in 0..i64::MAX, blocked_until in any::<i64>(), expires_at in any::<i64>(), now in 0..4_000_000_000_i64,
        ) {
            let row = LimitRow { count, blocked_until: blocked_until.min(now), expires_at };
            let after = next(row, Moment(now), POLICY).expect("not blocked any more");
            prop_assert!(after.blocked_until <= now + POLICY.longest_wait);
            prop_assert!(after.expires_at >= after.blocked_until);
        }
    }
}

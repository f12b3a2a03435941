//! Fills a database with plausible people, sessions and events, sealed, to see how everything behaves with many of them. For
//! development alone; nobody can sign in as one of these people. Must not be reachable by a request.

use std::sync::Arc;

use crate::{
    domain::{email::Email, event::EventKind, form::Identifiers, moment::Moment, username::Username},
    server::{
        audit::{self, Event, seal},
        clock::{Clock, ManualClock, SystemClock},
        config::Config,
        error::ServerError,
        random::SystemRandom,
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Db, Tx,
            sessions::{self, EndReason, NewSession},
            users,
        },
    },
};

/// Rows in one transaction.
const BATCH: u32 = 2_000;
/// Seconds over which people joined, before the first session.
const JOINED_OVER: i64 = 200 * 86_400;
/// Seconds over which sessions began: less than they are kept for.
const SIGNED_IN_OVER: i64 = 17 * WEEK_SECONDS;
const WEEK_SECONDS: i64 = 7 * DAY_SECONDS;
const DAY_SECONDS: i64 = 86_400;
/// What each day has of a hundred sign-ins in a week.
const WEEK: [i64; 7] = [17, 18, 18, 17, 16, 8, 6];
/// Into so many parts each of them is divided.
const FINENESS: i64 = 1_000;
/// Seconds of "keep me signed in".
const REMEMBERED: i64 = 30 * 86_400;

const FIRST: [&str; 12] =
    ["amber", "birch", "cedar", "coral", "dusk", "elder", "fern", "hazel", "juniper", "linden", "maple", "rowan"];
const SECOND: [&str; 12] =
    ["brook", "dale", "field", "ford", "glen", "grove", "heath", "hill", "lake", "moor", "stone", "wood"];
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];
const BROWSERS: [&str; 6] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
];
const REASONS: [EndReason; 4] = [EndReason::SignedOut, EndReason::Idle, EndReason::SignedOut, EndReason::Replaced];

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// From the ranges for documentation (RFC 5737, RFC 3849).
    fn address(&mut self) -> String {
        match self.below(4) {
            0 => format!("192.0.2.{}", 1 + self.below(254)),
            1 => format!("198.51.100.{}", 1 + self.below(254)),
            2 => format!("203.0.113.{}", 1 + self.below(254)),
            _ => format!("2001:db8:{:x}::{:x}", self.below(4_096), 1 + self.below(65_535)),
        }
    }
}

/// Whether there are accounts that this did not make: people's own, perhaps.
///
/// # Errors
/// When the database is away.
pub async fn is_among_others(db: &Db) -> Result<bool, ServerError> {
    // Nobody else makes accounts in the server's own name.
    let made = EventKind::AccountCreated.as_str();
    Ok(users::any_not_made_by(&mut db.read().await?, audit::SYSTEM, made).await?)
}

/// Adds so many people and sessions, and tells how many rows of how many are there.
///
/// # Errors
/// When the database is away; what was added until then stays.
pub async fn run(
    config: Config,
    db: Db,
    people: u32,
    sessions: u32,
    mut progress: impl FnMut(u32, u32),
) -> Result<(), ServerError> {
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now));
    let state = AppState::with_seams(config, db, clock.clone(), Arc::new(SystemRandom))?;
    let mut numbers = Numbers(u64::from_ne_bytes(now.0.to_ne_bytes()) | 1);
    // Told apart from those of an earlier run, also of one in the same second.
    let id = state.new_id()?;
    let run = id.rsplit('-').next().map(|random| random.chars().take(8).collect::<String>()).unwrap_or_default();
    let total = people.saturating_add(sessions);
    let at =
        |start: i64, over: i64, index: u32, of: u32| Moment(start + over * i64::from(index) / i64::from(of.max(1)));
    let first_session = now.0 - SIGNED_IN_OVER - 60;

    let mut ids = Vec::with_capacity(usize::try_from(people).unwrap_or_default());
    let mut tx = state.db.begin().await?;
    for index in 0..people {
        clock.advance(at(first_session - JOINED_OVER, JOINED_OVER, index, people).0 - clock.now().0);
        ids.push(person(&state, &mut tx, &mut numbers, &run, index).await?);
        if index % BATCH == BATCH - 1 {
            tx = next(&state, tx).await?;
            progress(index + 1, total);
        }
    }
    tx = next(&state, tx).await?;
    for index in 0..sessions {
        let share = SIGNED_IN_OVER / WEEK_SECONDS * 100 * FINENESS * i64::from(index) / i64::from(sessions.max(1));
        clock.advance(first_session + in_the_week(share) - clock.now().0);
        let Some(user_id) = ids.get(numbers.below(ids.len())) else { break };
        session(&state, &clock, &mut tx, &mut numbers, user_id, now).await?;
        if index % BATCH == BATCH - 1 {
            tx = next(&state, tx).await?;
            progress(people + index + 1, total);
        }
    }
    next(&state, tx).await?.commit().await?;
    progress(total, total);
    Ok(())
}

/// Seconds since the first week began, at which so many parts of sign-ins have been: fewer on some days than on others.
fn in_the_week(share: i64) -> i64 {
    let a_week = 100 * FINENESS;
    let (week, mut rest) = (share / a_week, share % a_week);
    let mut seconds = week * WEEK_SECONDS;
    for weight in WEEK {
        let a_day = weight * FINENESS;
        if rest < a_day {
            return seconds + rest * DAY_SECONDS / a_day;
        }
        rest -= a_day;
        seconds += DAY_SECONDS;
    }
    seconds
}

/// Seals what was written, makes it permanent, and begins again.
async fn next(state: &AppState, mut tx: Tx) -> Result<Tx, ServerError> {
    seal::all_in(state, &mut tx).await?;
    tx.commit().await?;
    Ok(state.db.begin().await?)
}

async fn person(
    state: &AppState,
    tx: &mut Tx,
    numbers: &mut Numbers,
    run: &str,
    index: u32,
) -> Result<String, ServerError> {
    let (first, second, domain) = (numbers.one_of(&FIRST), numbers.one_of(&SECOND), numbers.one_of(&DOMAINS));
    let identifiers = Identifiers {
        email: Email::parse(&format!("{first}.{second}.{run}.{index}@{domain}")).ok(),
        username: Username::parse(&format!("{first}{run}{index}")).ok().filter(|_| index.is_multiple_of(3)),
    };
    let (id, now) = (state.new_id()?, state.now());
    users::create(&mut *tx, &id, &identifiers, None, now).await?;
    if let Some(email) = identifiers.email.filter(|_| !index.is_multiple_of(10)) {
        users::mark_verified(tx, &id, &email.key(), now).await?;
    }
    Event::by_system(EventKind::AccountCreated).about(&id).record(state, tx).await?;
    Ok(id)
}

async fn session(
    state: &AppState,
    clock: &ManualClock,
    tx: &mut Tx,
    numbers: &mut Numbers,
    user_id: &str,
    now: Moment,
) -> Result<(), ServerError> {
    let started = state.now();
    let request = RequestInfo {
        id: state.new_id()?,
        address: numbers.address(),
        user_agent: numbers.one_of(&BROWSERS).to_owned(),
        device: String::new(),
        forgets_device: false,
    };
    if numbers.below(12) == 0 {
        Event::of(EventKind::SignInFailed, &request).about(user_id).record(state, tx).await?;
    }
    let id = state.new_id()?;
    let new = NewSession {
        id: id.clone(),
        user_id: user_id.to_owned(),
        created_at: started,
        idle_seconds: REMEMBERED,
        is_remembered: true,
        expires_at: started.plus(REMEMBERED),
        address: request.address.clone(),
        user_agent: request.user_agent.clone(),
        factors: "pwd".into(),
        credential_version: 0,
        data: "{}".into(),
    };
    // No token hashes to this: nobody has one.
    sessions::create(&mut *tx, &format!("seed {id}"), &new).await?;
    users::note_sign_in(&mut *tx, user_id, started).await?;
    Event::of(EventKind::SignedIn, &request).by(user_id).in_session(&id).record(state, tx).await?;
    let lasted = 60 + i64::try_from(numbers.below(6 * 3_600)).unwrap_or_default();
    let ended = started.plus(lasted);
    if ended >= now || (ended.plus(REMEMBERED / 3) > now && numbers.below(4) == 0) {
        return Ok(());
    }
    clock.advance(lasted);
    let reason = numbers.one_of(&REASONS);
    sessions::end_by_id(&mut *tx, &id, reason, ended).await?;
    let event = match reason {
        EndReason::SignedOut => Event::of(EventKind::SignedOut, &request).by(user_id),
        _ => Event::by_system(EventKind::SessionEnded).about(user_id),
    };
    event.in_session(&id).with("reason", reason.as_str()).record(state, tx).await?;
    clock.advance(-lasted);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_pass_in_order_and_have_quiet_days() {
        let moments: Vec<i64> = (0..3 * 100 * FINENESS).step_by(50).map(in_the_week).collect();
        assert!(moments.is_sorted());
        let on = |day: i64| moments.iter().filter(|moment| *moment / DAY_SECONDS == day).count();
        assert_eq!((on(0), on(6), on(7), on(13)), (340, 120, 340, 120));
        assert_eq!(in_the_week(3 * 100 * FINENESS), 3 * WEEK_SECONDS);
    }
}

//! `kill -9` while people sign up, change passwords, end sessions and use tokens: everything they were told is so afterwards,
//! nothing is half done, and nothing is good twice.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use latchkey::server::random::{Random, SystemRandom};

use super::{
    KILLED, LOST, is_everything,
    node::{self, Node},
    people::{ANSWERS, Chance, Person, Told},
    place::Place,
};

/// People at once.
const PEOPLE: u64 = 6;
/// The most seconds from the start of the program until it is ready.
const READY_SECONDS: u64 = 2;

/// What stands in the database of any number of acts, none of them half done.
const WHOLE: [(&str, &str); 8] = [
    (
        "accounts without their event",
        "select count(*) from users where id not in
            (select target from events where kind = 'account_created' and outcome = 'success' and target is not null)",
    ),
    (
        "accounts without the mail that proves the address",
        "select count(*) from users where email not in (select recipient from outbox)",
    ),
    (
        "sessions without their event",
        "select count(*) from sessions where id not in
            (select session_id from events where kind = 'signed_in' and session_id is not null)",
    ),
    (
        "sessions that ended without their event, or have one and go on",
        "select count(*) from sessions where (ended_at is null) = (id in
            (select session_id from events where kind in ('session_ended', 'signed_out') and session_id is not null))",
    ),
    (
        "passwords that were changed with more or fewer events",
        "select count(*) from users left join
            (select target, count(*) as times from events where kind in ('password_changed', 'password_reset') group by target)
            as done on done.target = users.id where credential_version <> coalesce(times, 0)",
    ),
    (
        "passwords that were changed with more or fewer mails",
        "select count(*) from users left join
            (select recipient, count(*) as times from outbox where subject like 'Your password at % was changed' group by recipient)
            as mailed on recipient = email where credential_version <> coalesce(times, 0)",
    ),
    (
        "sessions of programs with no refresh token to go on with, or several",
        "select count(*) from (select 1 from refresh_tokens group by session_id
            having sum(case when spent_at is null then 1 else 0 end) <> 1) as wrong",
    ),
    (
        "links that are not those that were mailed",
        "select abs((select count(*) from events where kind = 'link_sent')
            - (select count(*) from outbox where body like '%/reset-password?token=%'))",
    ),
];

pub fn on_sqlite() {
    run(Place::sqlite(), "sqlite");
}

pub fn on_postgres() {
    run(Place::postgres(), "postgres");
}

/// How often to kill, and what chance begins with.
pub fn kills_and_seed(default: u64) -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse().expect("a number"));
    let kills = number("LATCHKEY_KILLS").unwrap_or(if is_everything() { 200 } else { default });
    let mut drawn = [0; 8];
    SystemRandom.fill(&mut drawn).expect("randomness");
    (kills, number("LATCHKEY_SEED").unwrap_or(u64::from_le_bytes(drawn)))
}

fn run(place: Place, engine: &str) {
    let (kills, seed) = kills_and_seed(10);
    println!("{engine}: {kills} kills, LATCHKEY_SEED={seed}");
    let mut chance = Chance(seed);
    let (mut slowest, mut acknowledged, mut unanswered) = (Duration::ZERO, 0, 0);
    let mut node = Node::start(&place);
    node.until_ready();
    for round in 0..kills {
        let (mut people, without_answer) =
            load_until(&format!("{engine}{round}"), node.address, &mut chance, |moment| {
                moment.wait();
                node.kill();
            });
        KILLED.fetch_add(1, Ordering::SeqCst);
        unanswered += without_answer;
        acknowledged += people.iter().map(Person::acknowledged).sum::<u32>();
        node = Node::start(&place);
        slowest = slowest.max(node.until_ready());
        let mut lost = look(&mut people, node.address);
        lost.extend(half_done(&place));
        report(&lost, round, seed);
    }
    node.terminate();
    let verified = node::run(&place, &["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    println!(
        "{engine}: killed {kills} times; {acknowledged} acknowledged acts looked at; {unanswered} acts cut off; \
         ready again after {} ms at most",
        slowest.as_millis()
    );
    assert!(!is_everything() || slowest < Duration::from_secs(READY_SECONDS), "ready after {slowest:?}");
    place.end();
}

/// Counts what was lost, and says what.
pub fn report(lost: &[String], round: u64, seed: u64) {
    LOST.fetch_add(u32::try_from(lost.len()).expect("few"), Ordering::SeqCst);
    assert!(lost.is_empty(), "round {round} of LATCHKEY_SEED={seed}:\n{}", lost.join("\n"));
}

/// When something is to happen: after so many more answers, and a little later.
#[derive(Clone, Copy, Debug)]
pub struct Somewhen {
    answers: u64,
    micros: u64,
}

impl Somewhen {
    pub fn wait(self) {
        while ANSWERS.load(Ordering::SeqCst) < self.answers {
            thread::yield_now();
        }
        // Not to wait for anything: whatever is under way at that moment is what this is about.
        thread::sleep(Duration::from_micros(self.micros));
    }
}

/// People come and go until something happens at some moment, and nobody is answered any more; who they were and how many got
/// no answer.
pub fn load_until(
    name: &str,
    to: SocketAddr,
    chance: &mut Chance,
    happens: impl FnOnce(Somewhen),
) -> (Vec<Person>, u32) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let is_over = &is_over;
        let people: Vec<_> = (0..PEOPLE)
            .map(|number| {
                let mut chance = Chance(chance.below(u64::MAX));
                scope.spawn(move || {
                    let mut people: Vec<Person> = Vec::new();
                    let mut without_answer = 0;
                    let mut is_sure = false;
                    while !is_over.load(Ordering::SeqCst) {
                        // Whoever was not told what became of something is looked at as they are.
                        let is_new = !is_sure || chance.below(6) == 0;
                        if is_new {
                            people.push(Person::new(format!("{name}-{number}-{}@example.com", people.len())));
                        }
                        let person = people.last_mut().expect("somebody");
                        let told = if is_new { person.sign_up(to) } else { person.act(to, &mut chance) };
                        let Ok(told) = told else {
                            without_answer += 1;
                            break;
                        };
                        is_sure = told == Told::Done;
                    }
                    (people, without_answer)
                })
            })
            .collect();
        let answers = ANSWERS.load(Ordering::SeqCst) + 10 + chance.below(60);
        happens(Somewhen { answers, micros: chance.below(6_000) });
        is_over.store(true, Ordering::SeqCst);
        let mut everybody = Vec::new();
        let mut unanswered = 0;
        for person in people {
            let (people, without_answer) = person.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            everybody.extend(people);
            unanswered += without_answer;
        }
        (everybody, unanswered)
    })
}

/// What was acknowledged and is not so.
pub fn look(people: &mut [Person], to: SocketAddr) -> Vec<String> {
    let share = people.len().div_ceil(4).max(1);
    thread::scope(|scope| {
        let looking: Vec<_> = people
            .chunks_mut(share)
            .map(|people| scope.spawn(move || people.iter_mut().flat_map(|person| person.look(to)).collect::<Vec<_>>()))
            .collect();
        looking.into_iter().flat_map(|one| one.join().expect("looked")).collect()
    })
}

/// What was half done, as it stands in the database.
pub fn half_done(place: &Place) -> Vec<String> {
    let counted = WHOLE.iter().map(|(what, sql)| (what, place.number(sql)));
    let mut lost: Vec<String> =
        counted.filter(|(_, count)| *count != 0).map(|(what, count)| format!("{count} {what}")).collect();
    let verified = node::run(place, &["audit", "verify"]);
    if !verified.status.success() {
        lost.push(format!("the chain does not hold: {verified:?}"));
    }
    lost
}

//! Hashes that the real libraries made (`fixtures/hashes/generate.py`), each verified by the hashing pool.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use latchkey::server::{
    crypto::{
        legacy,
        password::{HashingCost, HashingPool, Place},
    },
    random::SystemRandom,
};

const THREADS: usize = 4;

#[derive(serde::Deserialize)]
struct Made {
    source: String,
    kind: String,
    usual_cost: bool,
    password: String,
    hash: String,
}

fn made() -> Vec<Made> {
    serde_json::from_str(include_str!("fixtures/hashes/hashes.json")).expect("JSON")
}

fn pool() -> HashingPool {
    let cost = HashingCost { memory_kib: 8, iterations: 1, parallelism: 1, permits: THREADS, queue: 8 };
    HashingPool::new(cost, Arc::new(SystemRandom)).expect("a pool")
}

fn place(pool: &HashingPool) -> Place {
    pool.enter().expect("a place")
}

/// ASVS 6.2.8, 11.4.2: the right password matches and gets a hash of ours, which it matches, too; a wrong one does not.
#[tokio::test]
async fn every_hash_is_verified_and_replaced() {
    let pool = &pool();
    // As many at once as there are threads to hash: some cost what they cost where they came from.
    stream::iter(made()).for_each_concurrent(THREADS, |made| is_verified_and_replaced(pool, made)).await;
}

async fn is_verified_and_replaced(pool: &HashingPool, made: Made) {
    let Made { source, kind, usual_cost, password, hash } = made;
    assert_eq!(legacy::examine(&hash), Ok(kind.as_str()), "{source}: {hash}");
    let right = pool.verify(&place(pool), password.clone(), Some(hash.clone())).await.expect("verified");
    assert!(right.matches, "{source}: {hash}");
    let ours = right.upgraded.expect("a hash of ours");
    assert!(ours.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{source}: {ours}");
    let again = pool.verify(&place(pool), password.clone(), Some(ours)).await.expect("verified");
    assert!(again.matches && again.upgraded.is_none(), "{source}: {hash}");
    let wrong = [password.to_uppercase(), String::new(), password[..1].to_owned(), format!("x{password}")];
    for wrong in wrong.into_iter().take(if usual_cost { 1 } else { 4 }) {
        let verified = pool.verify(&place(pool), wrong.clone(), Some(hash.clone())).await.expect("verified");
        assert!(!verified.matches && verified.upgraded.is_none(), "{source}: {wrong:?} {hash}");
    }
    if usual_cost {
        return;
    }
    // bcrypt and no other looks at 72 bytes alone; the hash that replaces it looks at all.
    let longer = format!("{password}, and more");
    let cuts = source != "django" && kind == "bcrypt" && password.len() >= 72;
    let verified = pool.verify(&place(pool), longer, Some(hash.clone())).await.expect("verified");
    assert_eq!(verified.matches, cuts, "{source}: {hash}");
}

/// Where C ends a text and other languages do not, two passwords would be one.
#[tokio::test]
async fn a_nul_character_makes_no_password_another_ones_equal() {
    let pool = pool();
    for Made { password, hash, .. } in made().into_iter().filter(|made| !made.usual_cost) {
        for other in [format!("{password}\0"), format!("{password}\0{password}"), format!("{password}\0x")] {
            let verified = pool.verify(&place(&pool), other, Some(hash.clone())).await.expect("verified");
            assert!(!verified.matches, "{hash}");
        }
    }
}

/// One character of a hash changed, and it is another hash or none.
#[tokio::test]
async fn a_hash_that_was_touched_matches_nothing() {
    let pool = pool();
    for Made { password, hash, .. } in made().into_iter().filter(|made| !made.usual_cost) {
        let last = hash.trim_end_matches('=').len() - 2;
        let other = if hash.as_bytes()[last] == b'4' { "5" } else { "4" };
        let touched = format!("{}{other}{}", &hash[..last], &hash[last + 1..]);
        for touched in [touched, hash[..last].to_owned(), format!("{hash}0"), format!("{hash}$")] {
            let verified = pool.verify(&place(&pool), password.clone(), Some(touched.clone())).await.expect("verified");
            assert!(!verified.matches, "{touched}");
        }
    }
}

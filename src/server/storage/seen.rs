//! What a file was found to hold already, in a database of its own that is gone with it: on disk, so that files of any size can
//! be looked through. Must not be asked for anything else.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
};

use sqlx::{
    AssertSqlSafe, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::StoreError;

/// Keys in one statement.
const CHUNK: usize = 250;

/// The keys that were seen, by 64 bits of a keyed hash, each with its first place.
#[derive(Debug)]
pub struct Seen {
    connection: SqliteConnection,
    hasher: RandomState,
}

impl Seen {
    /// Nothing was seen yet.
    pub async fn new() -> Result<Self, StoreError> {
        // A file without a name: SQLite makes one for itself, and removes it.
        let options = SqliteConnectOptions::new()
            .filename("")
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::query("create table seen (key integer primary key, place integer not null)")
            .execute(&mut connection)
            .await?;
        Ok(Self { connection, hasher: RandomState::new() })
    }

    /// Notes keys with their places; answers with those that were seen before, or twice now, and where first: by their
    /// positions among what was given.
    pub async fn note(&mut self, keys: &[(String, u64)]) -> Result<HashMap<usize, u64>, StoreError> {
        let mut repeated = HashMap::new();
        for (number, chunk) in keys.chunks(CHUNK).enumerate() {
            let offset = number * CHUNK;
            let mut first: HashMap<i64, (usize, u64)> = HashMap::with_capacity(chunk.len());
            for (index, (key, place)) in chunk.iter().enumerate() {
                let hash = self.hasher.hash_one(key).cast_signed();
                if let Some((_, earlier)) = first.get(&hash) {
                    repeated.insert(offset + index, *earlier);
                } else {
                    first.insert(hash, (offset + index, *place));
                }
            }
            for (hash, place) in self.before(&first).await? {
                if let Some((index, _)) = first.remove(&hash) {
                    repeated.insert(index, u64::try_from(place).unwrap_or_default());
                }
            }
            self.add(&first).await?;
        }
        Ok(repeated)
    }

    async fn before(&mut self, keys: &HashMap<i64, (usize, u64)>) -> Result<Vec<(i64, i64)>, StoreError> {
        let places: Vec<String> = (1..=keys.len()).map(|number| format!("${number}")).collect();
        let sql = format!("select key, place from seen where key in ({})", places.join(", "));
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(keys.len() == CHUNK);
        for key in keys.keys() {
            query = query.bind(key);
        }
        Ok(query.fetch_all(&mut self.connection).await?)
    }

    async fn add(&mut self, keys: &HashMap<i64, (usize, u64)>) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let places: Vec<String> =
            (0..keys.len()).map(|number| format!("(${}, ${})", number * 2 + 1, number * 2 + 2)).collect();
        let sql = format!("insert into seen (key, place) values {}", places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(keys.len() == CHUNK);
        for (key, (_, place)) in keys {
            query = query.bind(key).bind(i64::try_from(*place).unwrap_or(i64::MAX));
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_seen_before_is_known_with_its_first_place() {
        let mut seen = Seen::new().await.expect("made");
        let keys: Vec<(String, u64)> = (0..600).map(|number| (format!("key {number}"), number)).collect();
        assert_eq!(seen.note(&keys).await.expect("noted"), HashMap::new());
        let again = [("new".to_owned(), 700), ("key 7".to_owned(), 701), ("new".to_owned(), 702)];
        assert_eq!(seen.note(&again).await.expect("noted"), HashMap::from([(1, 7), (2, 700)]));
    }
}

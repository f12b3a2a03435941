//! What this machine gives at best, for `benches/compare.mjs` and `benches/load.mjs`: Argon2id in a bare loop, and a bare
//! axum handler with one indexed SQLite read. Must not use anything of the product, whose share of the time is what these tell.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, Version};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use clap::Parser;
use serde::Serialize;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Connections that read at once, as many as the product has.
const READERS: u32 = 4;
/// Rows that one statement adds.
const BATCH: usize = 1_000;

/// The limits of this machine.
#[derive(Parser)]
enum Command {
    /// Hashes for some seconds on several threads, and prints as JSON how many hashes there were.
    Hash {
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
        /// As many as there are cores, where none are named.
        #[arg(long)]
        threads: Option<usize>,
        #[arg(long, default_value_t = 19 * 1024)]
        memory_kib: u32,
        #[arg(long, default_value_t = 2)]
        iterations: u32,
        #[arg(long, default_value_t = 1)]
        parallelism: u32,
    },
    /// Serves `/read/{key}`, one indexed read, and `/nothing`, which does nothing.
    Serve {
        #[arg(long)]
        port: u16,
        /// The SQLite file, which is made and filled where it is missing.
        #[arg(long)]
        database: PathBuf,
        #[arg(long, default_value_t = 5_000)]
        rows: usize,
    },
}

fn main() -> Result<(), Failure> {
    match Command::parse() {
        Command::Hash { seconds, threads, memory_kib, iterations, parallelism } => {
            let params = Params::new(memory_kib, iterations, parallelism, None).map_err(|error| error.to_string())?;
            let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, std::num::NonZero::get));
            hash(params, threads, Duration::from_secs_f64(seconds))
        }
        Command::Serve { port, database, rows } => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(port, database, rows))
        }
    }
}

/// What a loop of hashes came to.
#[derive(Serialize)]
struct Hashed {
    threads: usize,
    hashes: u64,
    per_second: f64,
    milliseconds_each: f64,
}

fn hash(params: Params, threads: usize, duration: Duration) -> Result<(), Failure> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let begin = Instant::now();
    let running: Vec<_> = (0..threads)
        .map(|thread| {
            let argon2 = argon2.clone();
            thread::spawn(move || -> Result<u64, String> {
                let (mut hashes, mut out) = (0_u64, [0_u8; 32]);
                while begin.elapsed() < duration {
                    let mut salt = [0_u8; 16];
                    salt[..8].copy_from_slice(&hashes.to_le_bytes());
                    salt[8..].copy_from_slice(&thread.to_le_bytes());
                    argon2
                        .hash_password_into(b"marble trolley unseen kettle", &salt, &mut out)
                        .map_err(|error| error.to_string())?;
                    hashes += 1;
                }
                Ok(hashes)
            })
        })
        .collect();
    let mut hashes = 0;
    for thread in running {
        hashes += thread.join().map_err(|_| "a thread panicked")??;
    }
    #[allow(clippy::cast_precision_loss, reason = "nobody hashes so often")]
    let per_second = hashes as f64 / begin.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "nobody has so many cores")]
    let milliseconds_each = 1_000.0 * threads as f64 / per_second;
    println!("{}", serde_json::to_string(&Hashed { threads, hashes, per_second, milliseconds_each })?);
    Ok(())
}

async fn serve(port: u16, database: PathBuf, rows: usize) -> Result<(), Failure> {
    let is_new = !database.exists();
    let options = SqliteConnectOptions::new()
        .filename(&database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    if is_new {
        fill(&writer, rows).await?;
    }
    let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
    let router = Router::new()
        .route("/nothing", get(async || StatusCode::NO_CONTENT))
        .route("/read/{key}", get(read))
        .with_state(readers);
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    Ok(axum::serve(listener, router).await?)
}

/// Rows as wide as those of people; the key of the n-th is n in 64 digits, as long as a digest.
async fn fill(writer: &SqlitePool, rows: usize) -> Result<(), Failure> {
    let table = "create table people (key text primary key, email text not null, created_at integer not null)";
    sqlx::query(table).execute(writer).await?;
    for first in (0..rows).step_by(BATCH) {
        let mut tx = writer.begin().await?;
        for n in first..rows.min(first + BATCH) {
            sqlx::query("insert into people (key, email, created_at) values ($1, $2, $3)")
                .bind(format!("{n:064}"))
                .bind(format!("person.{n}@example.com"))
                .bind(i64::try_from(n)?)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A person, as read and as answered.
#[derive(Serialize, sqlx::FromRow)]
struct Person {
    email: String,
    created_at: i64,
}

async fn read(State(readers): State<SqlitePool>, Path(key): Path<String>) -> Result<Json<Person>, StatusCode> {
    let found =
        sqlx::query_as("select email, created_at from people where key = $1").bind(key).fetch_optional(&readers);
    match found.await {
        Ok(Some(person)) => Ok(Json(person)),
        Ok(None) => Err(StatusCode::NOT_FOUND),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

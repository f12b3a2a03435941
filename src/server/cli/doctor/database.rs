//! The database: whether it is there, answers, takes writes, and has the schema of this program. Must not make or migrate one.

use std::time::Duration;

use tokio::time::timeout;

use crate::server::{
    config::Config,
    storage::{
        Db, StoreError,
        schema::{self, Schema},
    },
};

use super::Finding;

const CHECK: &str = "database";
/// How long it may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to close it.
const CLOSING: Duration = Duration::from_secs(1);

/// The database, where it has the schema of this program, and what is wrong with it.
pub(super) async fn look(config: &Config) -> (Option<Db>, Vec<Finding>) {
    let url = config.database_url.expose();
    if let Some(file) = Db::missing_file(url) {
        let found = format!("there is no database at {}", file.display());
        let advice = "`latchkey serve` makes one; if there should be one, look at database_url and at the folder that you are in";
        return (None, vec![Finding::warning(CHECK, found, advice)]);
    }
    match timeout(PATIENCE, examine(url)).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => {
            let advice = "look at database_url, at whether the server runs and lets this machine in, and at who may read the file";
            (None, vec![Finding::problem(CHECK, error.to_string(), advice)])
        }
        Err(_) => {
            let advice = "look at whether it is overloaded, and at the network on the way";
            (None, vec![Finding::problem(CHECK, format!("no answer in {} seconds", PATIENCE.as_secs()), advice)])
        }
    }
}

async fn examine(url: &str) -> Result<(Option<Db>, Vec<Finding>), StoreError> {
    Db::reach(url).await?;
    let db = Db::connect_to_look(url).await?;
    let mut conn = db.read().await?;
    let schema = schema::compare(&mut conn).await?;
    let takes_writes = schema::takes_writes(&mut conn).await?;
    drop(conn);
    let engine = db.engine();
    let mut findings = Vec::new();
    if !takes_writes {
        let advice = "this is a standby, or it was told to take none: let database_url name the primary";
        findings.push(Finding::problem(CHECK, format!("{engine} takes no writes"), advice));
    }
    match schema {
        Schema::Current if takes_writes => {
            findings.push(Finding::ok(CHECK, format!("{engine} answers, and its schema is up to date")));
        }
        Schema::Current => {}
        Schema::Behind(missing) => {
            let found = format!("{engine} answers; migrations to come: {missing}");
            findings.push(Finding::warning(
                CHECK,
                found,
                "back it up; then `latchkey migrate` or `latchkey serve` applies them",
            ));
        }
        Schema::Ahead => {
            let found = format!("the schema of this {engine} database is newer than this program");
            findings.push(Finding::problem(CHECK, found, "run the version of latchkey that made it, or a newer one"));
        }
    }
    if schema == Schema::Current {
        return Ok((Some(db), findings));
    }
    close(&db).await;
    Ok((None, findings))
}

/// Closes it, unless that takes too long: it is not written to.
pub(super) async fn close(db: &Db) {
    let _ = timeout(CLOSING, db.close()).await;
}

//! Work within a transaction that is undone before its end, as if it had never been. Must not be begun twice in one.

use super::{StoreError, Tx, db::execute};

/// From here on everything is undone by [`undo`].
pub async fn begin(tx: &mut Tx) -> Result<(), StoreError> {
    execute!(tx, "savepoint undone")?;
    Ok(())
}

/// Keeps everything since [`begin`], by one statement as [`undo`]; the transaction goes on.
pub async fn keep(tx: &mut Tx) -> Result<(), StoreError> {
    execute!(tx, "release savepoint undone")?;
    Ok(())
}

/// Undoes everything since [`begin`]; the transaction goes on.
pub async fn undo(tx: &mut Tx) -> Result<(), StoreError> {
    execute!(tx, "rollback to savepoint undone")?;
    Ok(())
}

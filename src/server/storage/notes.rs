//! What was last seen of things that are compared, as rows. Must not know what they mean.

use super::{
    Handle, StoreError,
    db::{execute, fetch},
};

/// What was noted under a name.
pub async fn find(on: impl Into<Handle<'_>>, name: &str) -> Result<Option<String>, StoreError> {
    let row = fetch!(fetch_optional, (String,), on, "select value from notes where name = $1", name)?;
    Ok(row.map(|(value,)| value))
}

/// Notes something under a name, instead of what was noted before. `true` if that is something else.
pub async fn set(on: impl Into<Handle<'_>>, name: &str, value: &str) -> Result<bool, StoreError> {
    let changed = execute!(
        on,
        "insert into notes (name, value) values ($1, $2)
         on conflict (name) do update set value = $2 where notes.value <> $2",
        name,
        value
    )?;
    Ok(changed == 1)
}

//! Named locks that last as long as a transaction, for rules over several rows. Must not be held across anything slow.

use super::{StoreError, Tx, db::execute};

/// What a lock guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Who the administrators are: the last one must stay.
    Administrators,
    /// Which keys sign: nodes that look at the same moment make one.
    SigningKeys,
}

impl Lock {
    /// As stored.
    fn as_str(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::SigningKeys => "signing_keys",
        }
    }
}

/// Waits until nobody else holds the lock, and holds it until the transaction ends (ASVS 15.4.2).
pub async fn hold(tx: &mut Tx, lock: Lock) -> Result<(), StoreError> {
    let held = execute!(tx, "update locks set taken = taken + 1 where name = $1", lock.as_str())?;
    // Without its row it would hold nobody up.
    if held == 1 { Ok(()) } else { Err(StoreError::Database(sqlx::Error::RowNotFound)) }
}

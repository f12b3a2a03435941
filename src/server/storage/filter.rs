//! Conditions of a list, put together from texts of ours with every value bound, so that what is not asked for costs nothing.
//! Must never hold a value in its text.

use sqlx::AssertSqlSafe;

use super::{Handle, StoreError, on_server};

/// A value to be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Conditions that all must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    conditions: String,
    values: Vec<Value>,
}

impl Filter {
    /// One condition more; `?` in it stands for the value.
    #[must_use]
    #[expect(private_bounds, reason = "text and numbers are all there is")]
    pub fn and(mut self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.push(&condition.replace('?', &place));
        self
    }

    /// One condition more on two values, which `?1` and `?2` in it stand for.
    #[must_use]
    #[expect(private_bounds, reason = "text and numbers are all there is")]
    pub fn and_pair(mut self, condition: &'static str, first: impl Into<Value>, second: impl Into<Value>) -> Self {
        let at = self.values.len();
        self.values.push(first.into());
        self.values.push(second.into());
        let condition = condition.replace("?1", &format!("${}", at + 1)).replace("?2", &format!("${}", at + 2));
        self.push(&condition);
        self
    }

    /// One condition more, if there is a value for it.
    #[must_use]
    #[expect(private_bounds, reason = "text and numbers are all there is")]
    pub fn and_if(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    /// One condition more, without a value.
    #[must_use]
    pub fn and_plainly(mut self, condition: &'static str) -> Self {
        self.push(condition);
        self
    }

    /// One condition more: a column has one of these values. None of them: nothing holds.
    #[must_use]
    pub fn and_in<'v>(mut self, column: &'static str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut places = Vec::new();
        for value in values {
            self.values.push(value.into());
            places.push(format!("${}", self.values.len()));
        }
        let condition = if places.is_empty() { "1 = 0".into() } else { format!("{column} in ({})", places.join(", ")) };
        self.push(&condition);
        self
    }

    fn push(&mut self, condition: &str) {
        self.conditions.push_str(if self.conditions.is_empty() { " where " } else { " and " });
        self.conditions.push('(');
        self.conditions.push_str(condition);
        self.conditions.push(')');
    }

    /// How many rows of a table hold these conditions, counted no further than so many.
    pub async fn count(&self, on: impl Into<Handle<'_>>, table: &'static str, most: i64) -> Result<i64, StoreError> {
        let sql = format!(
            "select count(*) from (select 1 from {table}{} limit ${}) as found",
            self.conditions,
            self.values.len() + 1
        );
        let rows: Vec<(i64,)> = self.run(on, sql, most).await?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    /// Runs `select … from …` with these conditions and what follows them, such as `order by id desc`; at most so many rows.
    pub async fn fetch<Row>(
        &self,
        on: impl Into<Handle<'_>>,
        select: &'static str,
        order: &'static str,
        most: i64,
    ) -> Result<Vec<Row>, StoreError>
    where
        Row: Send + Unpin,
        Row: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let sql = format!("{select}{} {order} limit ${}", self.conditions, self.values.len() + 1);
        self.run(on, sql, most).await
    }

    /// `sql` is of texts of ours alone; its last place is for `most`.
    async fn run<Row>(&self, on: impl Into<Handle<'_>>, sql: String, most: i64) -> Result<Vec<Row>, StoreError>
    where
        Row: Send + Unpin,
        Row: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        match &mut on.into() {
            Handle::Sqlite(asked) => {
                let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql));
                for value in &self.values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                    };
                }
                asked.fetch_all(query.bind(most)).await
            }
            Handle::Postgres(connection) => {
                let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql));
                for value in &self.values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                    };
                }
                on_server::fetch_all(connection, query.bind(most)).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_places_and_no_values() {
        let filter = Filter::default()
            .and("a = ?", "x' or 1 = 1 --")
            .and_if("b > ?", None::<i64>)
            .and_plainly("c is null")
            .and_in("d", ["1", "2"])
            .and_in("e", []);
        assert_eq!(filter.conditions, " where (a = $1) and (c is null) and (d in ($2, $3)) and (1 = 0)");
        assert_eq!(filter.values.len(), 3);
    }
}

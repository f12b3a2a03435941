-- What an imported person was called where they came from, so that rows kept elsewhere find them, and the name that was given
-- to that store: two stores may have used the same identifier.
alter table users add column external_id text;
alter table users add column external_source text not null default '';
create unique index users_by_external_id on users (external_id, external_source) where external_id is not null;

-- What an imported person was called where they came from, so that rows kept elsewhere find them. Two stores may have used
-- the same one, so it is not unique.
alter table users add column external_id text;
create index users_by_external_id on users (external_id) where external_id is not null;

-- What happened and who did it, the chain that proves it, and what the pages of accounts and administrators ask for.
-- Instants are seconds since 1970 in UTC.

-- Events outlive the people they tell of, so they refer to nothing. `docs/audit.md` says what is hashed, and how.
create table events (
    -- RFC 9562 version 7: in the order of time.
    id text primary key,
    at bigint not null,
    kind text not null,
    outcome text not null,
    -- A person's id, or `anonymous`, `command_line` or `system`.
    actor text not null,
    -- Whom it concerns: a person's id, or nobody.
    target text not null,
    session_id text not null,
    address text not null,
    user_agent text not null,
    request_id text not null,
    -- A JSON object of strings.
    detail text not null,
    -- Random, so that nobody can guess what a deleted event said from its hash.
    salt text not null,
    content_hash text not null,
    -- Null until it is sealed.
    sequence bigint unique check (sequence >= 1),
    hash text,
    -- The event that tells why the content is gone.
    redacted_by text,
    check ((sequence is null) = (hash is null))
);
create index events_unsealed on events (id) where sequence is null;
create index events_by_target on events (target, id);
create index events_by_actor on events (actor, id);
create index events_by_kind on events (kind, id);
create index events_by_session on events (session_id);

-- The end of the chain. One row: whoever seals holds it, so that two nodes cannot both add the next link.
create table audit_chain (
    id bigint primary key check (id = 1),
    count bigint not null,
    head text not null,
    sealed_at bigint not null
);
insert into audit_chain (id, count, head, sealed_at)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);

-- Sealed events a day (days since 1970 in UTC), for charts.
create table event_days (
    day bigint not null,
    kind text not null,
    outcome text not null,
    count bigint not null,
    primary key (day, kind, outcome)
);

-- Held in a transaction by whoever must not be overtaken.
create table locks (
    name text primary key,
    taken bigint not null
);
insert into locks (name, taken) values ('administrators', 0);

-- What was last seen of things that are compared, such as the settings of this site.
create table notes (
    name text primary key,
    value text not null
);

-- When the person last showed the password in this session.
alter table sessions add column authenticated_at bigint not null default 0;
update sessions set authenticated_at = created_at;
-- 1 if it began with "keep me signed in"; of those that began before this was noted, those that may last longer than a day.
alter table sessions add column remembered bigint not null default 0;
update sessions set remembered = 1 where expires_at - created_at > 86400;
drop index sessions_by_user;
create index sessions_by_user on sessions (user_id, id);
create index sessions_live_by_id on sessions (id) where ended_at is null;
create index sessions_idle on sessions ((last_seen_at + idle_seconds)) where ended_at is null;
create index sessions_ended on sessions (ended_at) where ended_at is not null;

-- The address that somebody wants and has not proven; theirs once they have.
alter table users add column wanted_email text;
-- When the account is to be deleted, as its owner asked.
alter table users add column deletion_at bigint;
alter table users add column last_sign_in_at bigint;
update users set last_sign_in_at = (select max(created_at) from sessions where sessions.user_id = users.id);
create index users_to_delete on users (deletion_at) where deletion_at is not null;

-- Whose limit it is, where there is such a person.
alter table limits add column user_id text;
create index limits_by_user on limits (user_id) where user_id is not null;

-- ---- What tells people of changes ----

-- The address that a link was mailed to, as it was written: a link that says "this was not me" may give it back.
alter table one_time_tokens add column address text;
create index one_time_tokens_by_email on one_time_tokens (email_key, purpose);

-- What the console's overview, its lists of people and its acts on several of them ask for.
-- The lists are found in these indexes alone, so that whoever matches nobody is told so without a look at every row.
create index users_listed_by_id on users (id, email_key, username_key, email_verified_at, disabled_at, deletion_at);
create index users_listed_by_email
    on users (coalesce(email_key, ''), id, email_key, username_key, email_verified_at, disabled_at, deletion_at);
create index users_listed_by_last_sign_in
    on users (coalesce(last_sign_in_at, 0), id, email_key, username_key, email_verified_at, disabled_at, deletion_at, last_sign_in_at);
drop index user_roles_by_role;
create index user_roles_by_role on user_roles (role, user_id);
create index outbox_failed on outbox (failed_at) where failed_at is not null;

-- What became of an administrator's latest act on several people, one row each.
create table act_reports (
    user_id text primary key references users (id) on delete cascade,
    at bigint not null,
    act text not null,
    -- A JSON array of pairs: a person's id, and what became of it.
    results text not null
);

-- What the console's lists of sessions and of events are filtered by.
create index events_by_address on events (address, id);
create index events_by_outcome on events (outcome, id);
create index sessions_by_end_reason on sessions (end_reason, id) where end_reason is not null;

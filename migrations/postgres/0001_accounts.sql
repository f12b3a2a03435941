-- People, what they may do, their sessions, the links mailed to them, and the mail itself.
-- Instants are seconds since 1970 in UTC. Whatever opens something is stored as its SHA-256 alone.

create table users (
    id text primary key,
    email text,
    -- The address in lower case: two that differ in case are the same.
    email_key text unique,
    username text,
    username_key text unique,
    -- PHC string; null for somebody who has not chosen a password yet.
    password_hash text,
    password_changed_at bigint,
    -- Counts changes of the password; a session is good for the count it began with.
    credential_version bigint not null,
    created_at bigint not null,
    disabled_at bigint,
    check (email is not null or username is not null),
    check ((email is null) = (email_key is null)),
    check ((username is null) = (username_key is null))
);

create table user_roles (
    user_id text not null references users (id) on delete cascade,
    role text not null,
    granted_at bigint not null,
    primary key (user_id, role)
);
create index user_roles_by_role on user_roles (role);

-- A session outlives its end as history, until retention removes it.
create table sessions (
    id text primary key,
    token_hash text not null unique,
    user_id text not null references users (id) on delete cascade,
    created_at bigint not null,
    last_seen_at bigint not null,
    idle_seconds bigint not null,
    expires_at bigint not null,
    address text not null,
    user_agent text not null,
    factors text not null,
    credential_version bigint not null,
    -- What a team keeps in the session beside ours, as JSON.
    data text not null,
    ended_at bigint,
    end_reason text,
    check ((ended_at is null) = (end_reason is null))
);
create index sessions_by_user on sessions (user_id, created_at);
create index sessions_live on sessions (expires_at) where ended_at is null;

-- One-time links. `user_id` is null for the link that makes the first administrator.
create table one_time_tokens (
    token_hash text primary key,
    purpose text not null,
    user_id text references users (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null,
    -- Used, or replaced by a newer one, or no longer valid after a change of password.
    spent_at bigint
);
create index one_time_tokens_by_user on one_time_tokens (user_id, purpose);

-- "I forgot my password", exactly as asked, for people we know and people we do not; answered in the background, so that
-- the asking takes the same work for both.
create table reset_requests (
    id text primary key,
    email_key text not null,
    address text not null,
    user_agent text not null,
    created_at bigint not null
);

-- Mail, written in the transaction of what caused it.
create table outbox (
    id text primary key,
    recipient text not null,
    subject text not null,
    body text not null,
    created_at bigint not null,
    next_attempt_at bigint not null,
    attempts bigint not null,
    sent_at bigint,
    -- Given up on after too many attempts.
    failed_at bigint,
    last_error text
);
create index outbox_due on outbox (next_attempt_at) where sent_at is null and failed_at is null;

-- What programs sign in with: refresh tokens of sessions, and the tokens that people make for their own programs.
-- Instants are seconds since 1970 in UTC. Whatever opens something is stored as its SHA-256 alone.

-- A session that a program began is carried on by these, each good once. They go with their session.
create table refresh_tokens (
    token_hash text primary key,
    session_id text not null references sessions (id) on delete cascade,
    created_at bigint not null,
    -- When it was exchanged for the next.
    spent_at bigint
);
create index refresh_tokens_by_session on refresh_tokens (session_id);
create index refresh_tokens_spent on refresh_tokens (spent_at) where spent_at is not null;

-- Personal access tokens. A row outlives its end as history, until retention removes it.
create table personal_tokens (
    id text primary key,
    token_hash text not null unique,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    -- Separated by spaces.
    scopes text not null,
    created_at bigint not null,
    expires_at bigint not null,
    -- Up to a minute behind.
    last_used_at bigint,
    revoked_at bigint
);
create index personal_tokens_by_user on personal_tokens (user_id, id);

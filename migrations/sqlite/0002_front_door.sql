-- Proven addresses, tries that are counted, and browsers that signed in before.
-- Instants are seconds since 1970 in UTC. Whatever opens something is stored as its SHA-256 alone.

-- When the person proved that mail to the address reaches them; null until then.
alter table users add column email_verified_at bigint;

-- The user name that somebody asked for who has not proven their address yet: theirs once they have, if it is still free.
alter table users add column wanted_username text;

-- The address that a link was mailed to, in lower case: it is good for that address alone. Null for a link that was printed.
alter table one_time_tokens add column email_key text;

-- Requests for a link by mail, of either kind, exactly as asked, for people we know and people we do not.
alter table reset_requests rename to link_requests;
alter table link_requests add column purpose text not null default 'reset_password';

-- Tries counted against a limit. The key is the SHA-256 of the rule and of whom it counts.
create table limits (
    key text primary key,
    count bigint not null,
    -- No further try before this instant.
    blocked_until bigint not null,
    -- From then on the row means nothing.
    expires_at bigint not null
);
create index limits_by_expiry on limits (expires_at);

-- Browsers in which a person signed in: strangers' failures do not lock these out.
create table known_devices (
    token_hash text not null,
    user_id text not null references users (id) on delete cascade,
    last_used_at bigint not null,
    primary key (token_hash, user_id)
);
create index known_devices_by_user on known_devices (user_id);
create index known_devices_by_age on known_devices (last_used_at);

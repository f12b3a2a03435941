-- Keys that sign access tokens. Instants are seconds since 1970 in UTC.

create table signing_keys (
    -- RFC 7638 thumbprint of the public key.
    kid text primary key,
    -- As a JSON Web Key (RFC 7517).
    public_jwk text not null,
    -- Encrypted under a key from the settings; null once it signs no more.
    private_key text,
    created_at bigint not null,
    -- Published before, so that other services know it in time.
    signs_from bigint not null,
    -- Null while none follows it.
    signs_until bigint,
    -- The longest life of a token that it signed: for so long it is still published.
    token_seconds bigint not null
);
-- Held by whoever makes a key, so that two nodes cannot both make one.
insert into locks (name, taken) values ('signing_keys', 0);

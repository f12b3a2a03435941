"""Verifies an access token of Latchkey with its published keys, and prints its claims.

    pip install 'PyJWT[crypto]'
    ISSUER=https://accounts.example.com python verify.py < token

ISSUER is the `base_url` of Latchkey, without a slash at its end; AUDIENCE its `token_audience`, where that is set.
"""

import json
import os
import sys

import jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)

# Fetched once and kept for five minutes; a key that it does not know yet is looked for at once.
KEYS = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", cache_jwk_set=True, lifespan=300, timeout=5)


def verify(token: str) -> dict:
    """The claims of a good token. Raises jwt.ExpiredSignatureError for one whose time is over,
    jwt.PyJWKClientConnectionError when the keys cannot be fetched, another jwt.PyJWTError for all that is no token."""
    decoded = jwt.decode_complete(
        token,
        # With its own algorithm: a token does not choose one.
        KEYS.get_signing_key_from_jwt(token),
        algorithms=["EdDSA", "ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "roles"], "strict_aud": True},
    )
    # Other tokens of the same keys are no access tokens (RFC 9068).
    if decoded["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return decoded["payload"]


if __name__ == "__main__":
    try:
        print(json.dumps(verify(sys.stdin.read().strip())))
    except jwt.ExpiredSignatureError:
        sys.exit("expired: ask for a new one (401)")
    except jwt.PyJWKClientConnectionError as error:
        sys.exit(f"the keys cannot be fetched: {error} (503)")
    except jwt.PyJWTError as error:
        sys.exit(f"refused: {error} (401)")

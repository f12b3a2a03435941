# Latchkey as an image: `docker build -t latchkey .`, or buildah, or podman. docs/operating.md says how to run it.
#
# It is built by the scripts that `make build` calls, with Debian's own compiler, so that nothing but Debian, crates.io and npm is
# needed. What comes out holds the program, the browser side, the C library and the certificate authorities: no shell, no package
# manager, nothing that runs as root. Build it anew when Debian mends one of these.

FROM debian:trixie-slim AS tools
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY scripts/lib.sh scripts/setup.sh scripts/
COPY Cargo.toml Cargo.lock ./
COPY end2end/package.json end2end/package-lock.json end2end/
RUN scripts/setup.sh build && rm -rf /var/lib/apt/lists/*

FROM tools AS build
COPY . .
# What is kept between builds may be newer than what was copied, and cargo compares times.
RUN --mount=type=cache,target=/root/.cargo/registry --mount=type=cache,target=/src/target \
    find Cargo.toml Cargo.lock build.rs src style public migrations -type f -exec touch {} + \
    && scripts/build.sh \
    && mkdir -p /image/usr/local/bin /image/usr/local/share/latchkey /image/etc/ssl/certs /image/var/lib/dpkg/status.d /image/tmp \
    && chmod 1777 /image/tmp \
    && cp target/release/latchkey /image/usr/local/bin/ \
    && cp -R target/site target/estimator /image/usr/local/share/latchkey/
# The libraries that it is linked with; and what they are, where scanners of images look.
RUN ldd /image/usr/local/bin/latchkey | grep -o '/[^ ]*' | xargs -I '{}' cp -L --parents '{}' /image \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && cp -L /etc/os-release /image/etc/os-release \
    && for package in libc6 libgcc-s1 ca-certificates; do dpkg-query -s "$package" >"/image/var/lib/dpkg/status.d/$package"; done \
    && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
    && echo 'latchkey:x:65532:65532::/data:/usr/sbin/nologin' >/image/etc/passwd \
    && echo 'latchkey:x:65532:' >/image/etc/group \
    && install -d -m 700 -o 65532 -g 65532 /own/data

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /own /
USER 65532:65532
# `latchkey.toml` is looked for here, unless LATCHKEY_CONFIG says otherwise, and the database is `data/latchkey.db`.
WORKDIR /
ENV PATH=/usr/local/bin \
    LATCHKEY_ENVIRONMENT=production \
    LATCHKEY_BIND=0.0.0.0 \
    LATCHKEY_SITE_ROOT=/usr/local/share/latchkey/site \
    LATCHKEY_ESTIMATOR_ROOT=/usr/local/share/latchkey/estimator
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["latchkey", "health"]
ENTRYPOINT ["latchkey"]
CMD ["serve"]

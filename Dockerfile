# The emulator as an image: one static binary, no shell, not root.
#
#   docker build -t momo-sandbox .
#   docker run --rm momo-sandbox --version        # its first line begins with `momo-sandbox `
#   docker run --rm --read-only -p 127.0.0.1:4673:4673 momo-sandbox
#
# Any image with Rust 1.95 or later and a C compiler can build it.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# Static, by packaging/rustflags.toml, for whatever processor builds it; names are resolved by the
# program itself.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS \
 && cargo build --release --locked --bin momosandbox --target "$host" \
      --config packaging/rustflags.toml \
 && mkdir /program \
 && cp "target/$host/release/momosandbox" /program/momosandbox \
 && ln -s momosandbox /program/momo-sandbox

FROM scratch
# The version and the names are written here by `packaging/set-names --write`. A release gives the
# commit and the time, which a local build leaves unknown.
ARG VERSION=0.1.0
ARG SOURCE=https://github.com/OWNER_UNSET/momo-sandbox
ARG HOMEPAGE=https://homepage.invalid/momosandbox
ARG VENDOR=OWNER_UNSET
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="momo-sandbox" \
      org.opencontainers.image.description="A local emulator of the MTN MoMo Open API" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.vendor="${VENDOR}" \
      org.opencontainers.image.url="${HOMEPAGE}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}#readme" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# The program and its other name: a link that is copied within a folder stays a link.
COPY --from=build /program/ /
# The licences of all that the program is made of ask to go with it.
COPY LICENSE-MIT LICENSE-APACHE packaging/THIRD-PARTY-LICENSES.txt /licenses/
# A folder of scenarios mounted here is named by `.`, a file in it by its name; those that ship are
# in the binary.
WORKDIR /scenarios
USER 65532:65532
ENV MOMO_SANDBOX_LISTEN=0.0.0.0:4673
EXPOSE 4673
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1s --timeout=2s --start-period=10s --retries=5 \
  CMD ["/momosandbox", "health"]
ENTRYPOINT ["/momosandbox"]

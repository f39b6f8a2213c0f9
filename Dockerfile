# The emulator as an image: one static binary, no shell, not root.
#
#   docker build -t momo-sandbox .
#   docker run --rm --read-only -p 127.0.0.1:4673:4673 momo-sandbox
#
# Any image with Rust 1.95 or later and a C compiler can build it.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# Static, with the C library inside, for whatever processor builds it; names are resolved by the
# program itself. Packed relocations take a tenth off the size.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && export RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs" \
 && cargo build --release --locked --bin momo-sandbox --target "$host" \
 && cp "target/$host/release/momo-sandbox" /momo-sandbox

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="momo-sandbox" \
      org.opencontainers.image.description="A local emulator of the MTN MoMo Open API" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /momo-sandbox /momo-sandbox
# A folder of scenarios mounted here is named by `.`, a file in it by its name; those that ship are
# in the binary.
WORKDIR /scenarios
USER 65532:65532
ENV MOMO_SANDBOX_LISTEN=0.0.0.0:4673
EXPOSE 4673
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1s --timeout=2s --start-period=10s --retries=5 \
  CMD ["/momo-sandbox", "health"]
ENTRYPOINT ["/momo-sandbox"]

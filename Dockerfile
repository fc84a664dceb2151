# syntax=docker/dockerfile:1
# Scrimp with its models inside the binary: needs no network at run time but the providers'.
#
#   docker build -t scrimp .
#
# `--build-arg PROFILE=release` builds faster, for a slightly slower binary.

FROM rust:1.95-slim-bookworm AS build
ARG PROFILE=dist
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --locked --profile "$PROFILE" --bin scrimp \
    && install -D "target/$PROFILE/scrimp" /out/scrimp

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent scrimp
COPY --from=build /out/scrimp /usr/local/bin/scrimp
COPY docker/scrimp.yaml /etc/scrimp/scrimp.yaml
COPY LICENSE NOTICE /usr/share/doc/scrimp/
ENV SCRIMP_CONFIG=/etc/scrimp/scrimp.yaml
USER 10001:10001
# Callers; metrics, which ask for no key.
EXPOSE 4000 4001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4000 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["scrimp"]
CMD ["serve"]

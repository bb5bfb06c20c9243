# The executable in an image of its own: docker build -t engram .
# Data lies in the volume /data; the server answers on port 4200 of the container.

FROM node:22.21.1-bookworm-slim@sha256:25b3eb23a00590b7499f2a2ce939322727fcce1b15fdd69754fcd09536a3ae2c AS build
WORKDIR /build
# Packages first: they change less often than the program.
COPY package.json bun.lock .npmrc bunfig.toml ./
COPY scripts/with-bun.mjs scripts/install-locked.sh scripts/
RUN sh scripts/install-locked.sh
COPY tsconfig.json ./
COPY scripts/build.ts scripts/
COPY scripts/build scripts/build
COPY migrations migrations
COPY models models
COPY docs/openapi.json docs/
COPY src src
RUN npm run build -- --out /build/out \
  && mv /build/out/engram-linux-* /build/engram \
  && mkdir /build/data

FROM debian:12.12-slim@sha256:d5d3f9c23164ea16f31852f95bd5959aad1c5e854332fe00f7b3a20fcc9f635c
# Nothing to install: the executable brings its libraries, and the certificates that it trusts.
COPY --from=build --chown=10001:10001 --chmod=700 /build/data /data
COPY --from=build --chmod=755 /build/engram /usr/local/bin/engram
ENV HOME=/data \
    ENGRAM_DATA_DIR=/data \
    ENGRAM_HOST=0.0.0.0 \
    ENGRAM_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 4200
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["engram", "health", "--quiet"]
ENTRYPOINT ["engram"]
CMD ["serve"]

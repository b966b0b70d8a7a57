# One image for every process; docker-compose.yml says which runs what, and how to check that it is well: each process
# has a check of its own, so the image has none. Only the recorder writes, into a volume at /history, so that its root can
# be read-only.
FROM python:3.12-slim AS packages

COPY requirements.lock /requirements.lock
# Wheels only: no compiler is needed, and no package's build script runs. Compiled files bear no time, so that one lock
# gives the same files in every build.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check --no-compile \
        --only-binary :all: --require-hashes --requirement /requirements.lock \
    && python -m compileall -q --invalidation-mode unchecked-hash /venv/lib

FROM python:3.12-slim AS code

COPY cli /app/cli
COPY config /app/config
COPY leaderboard /app/leaderboard
COPY history /app/history
COPY tasks /app/tasks
COPY feeds /app/feeds
COPY watch /app/watch
COPY deploy /app/deploy
# The command that pip would make: the project is copied and not installed, so that code is a small layer of its own.
# Compiled here, for nothing can be at run time; readable whatever the umask of the checkout.
RUN mkdir /app/bin \
    && printf '#!/bin/sh\nexec python -m cli "$@"\n' > /app/bin/leaderboards && chmod a+x /app/bin/leaderboards \
    && python -m compileall -q --invalidation-mode unchecked-hash /app && chmod -R a+rX /app

FROM python:3.12-slim

LABEL org.opencontainers.image.title="live-leaderboards" \
      org.opencontainers.image.description="Real-time leaderboards of the US equity market" \
      org.opencontainers.image.version="0.1.0"

# The folder of history is the user's, and so is a new volume in its place.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin leaderboard \
    && install -d -o 10001 -g 10001 -m 750 /history

ENV PATH=/app/bin:/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=code /app /app

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
# Celery's warm shutdown: finish what runs, give the rest back.
STOPSIGNAL SIGTERM
CMD ["celery", "-A", "tasks", "worker", "-Q", "aggs", "-n", "aggs@%h"]

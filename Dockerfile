# One image for every process; docker-compose.yml says which runs what. It writes nowhere: its root can be read-only.
FROM python:3.12-slim AS build

COPY requirements.lock /requirements.lock
# Wheels only: no compiler is needed, and no package's build script runs.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --require-hashes --requirement /requirements.lock

COPY cli /app/cli
COPY config /app/config
COPY leaderboard /app/leaderboard
COPY tasks /app/tasks
COPY feeds /app/feeds
COPY watch /app/watch
COPY deploy /app/deploy
# Compiled here, for nothing can be at run time; readable whatever the umask of the checkout.
RUN python -m compileall -q /app && chmod -R a+rX /app

FROM python:3.12-slim

LABEL org.opencontainers.image.title="live-leaderboards" \
      org.opencontainers.image.description="Real-time leaderboards of the US equity market"

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin leaderboard

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
# Celery's warm shutdown: finish what runs, give the rest back.
STOPSIGNAL SIGTERM
CMD ["celery", "-A", "tasks", "worker", "-Q", "aggs", "-n", "aggs@%h"]

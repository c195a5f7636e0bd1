# Two stages: the lock is installed in the first, the second has Python, what was installed and the code.
FROM python:3.11-slim AS build
# What is installed: serve.lock, or otel.lock with OpenTelemetry (docker build --build-arg LOCK=otel.lock .),
# or gpu.lock for CAIBIAN_DEVICE=cuda.
ARG LOCK=serve.lock
WORKDIR /app
COPY requirements/${LOCK} requirements/${LOCK}
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir -r requirements/${LOCK}
COPY models models
COPY service service
# The root may be read-only when it runs, and a start without compiled code takes longer.
RUN python -m compileall -q models service

FROM python:3.11-slim
# It writes in two places only: /app/var has its SQLite file (docs/store.md; mount a volume), /tmp has uploads on their way.
RUN useradd --system --uid 10001 caibian && install -d -o 10001 -m 700 /app/var
WORKDIR /app
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/app/.venv/bin:$PATH
COPY --from=build /app/.venv /app/.venv
COPY --from=build /app/models models
COPY --from=build /app/service service
COPY LICENSE NOTICE ./
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
# Inside a container loopback is unreachable from outside, so it binds openly. It starts once there is a key (docs/operations.md),
# or with CAIBIAN_ALLOW_OPEN=1 behind your own gateway.
CMD ["python", "-m", "service", "serve", "--host", "0.0.0.0", "--port", "8000"]

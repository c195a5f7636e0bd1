# Two stages: wheels of the serving lock are installed in the first, the second has Python, them and the code.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements/serve.lock requirements/serve.lock
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir -r requirements/serve.lock

FROM python:3.11-slim
# It keeps its SQLite file in /app/var (docs/store.md): mount a volume there.
RUN useradd --system --uid 10001 caibian && install -d -o 10001 -m 700 /app/var
WORKDIR /app
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/app/.venv/bin:$PATH
COPY --from=build /app/.venv /app/.venv
COPY LICENSE NOTICE ./
COPY models models
COPY service service
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
# Inside a container loopback is unreachable from outside, so it binds openly only when told: run it with
# -e CAIBIAN_ALLOW_OPEN=1 behind your own gateway.
CMD ["python", "-m", "service", "serve", "--host", "0.0.0.0", "--port", "8000"]

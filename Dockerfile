# syntax=docker/dockerfile:1
# NST Studio in a container. `docker compose up -d` starts it behind HTTPS: see nst_core/server/README.md.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS packages
# requirements-gpu.txt: with CUDA, for an NVIDIA GPU. requirements-tracing.txt: with OpenTelemetry, for NST_TRACES.
ARG REQUIREMENTS=requirements.txt
WORKDIR /build
COPY requirements.txt requirements-gpu.txt requirements-tracing.txt ./
RUN python -m venv /opt/venv
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --disable-pip-version-check -r "$REQUIREMENTS"

FROM packages AS weights
# litert, for browsers, comes through npm, which a wheel brings. Each file is checked against the hash that the sources state. Empty: the server fetches them when it first starts.
ARG NETWORKS="vgg19 magenta litert"
COPY nst_core nst_core
RUN --mount=type=cache,target=/root/.cache/nst-studio \
    mkdir -p /opt/weights && for network in $NETWORKS; do \
        /opt/venv/bin/python -m nst_core weights export "$network" --to /opt/weights || exit 1; \
    done && if [ -n "$NETWORKS" ]; then /opt/venv/bin/python -m nst_core device-files --to /opt/weights; fi

FROM python:${PYTHON}-slim
RUN useradd --uid 1000 --home-dir /data --no-create-home studio && mkdir -p /data && chown 1000:1000 /data
COPY --from=packages /opt/venv /opt/venv
COPY --from=weights /opt/weights /opt/weights
WORKDIR /app
COPY .streamlit/config.toml .streamlit/
COPY app.py serve.py ./
COPY pages pages
COPY nst_core nst_core
RUN /opt/venv/bin/python -m compileall -q app.py serve.py pages nst_core
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    NST_CACHE_DIR=/data/cache \
    NST_DATA_DIR=/data/runs \
    NST_WEIGHTS_DIR=/opt/weights \
    NST_LOG=json
# All that is written lies here and in /tmp: the rest of the container may be read-only.
VOLUME /data
USER 1000
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
# Without a shell in between, so that SIGTERM reaches the server, which saves the run under way.
CMD ["streamlit", "run", "serve.py", "--server.address=0.0.0.0", "--server.port=8501"]

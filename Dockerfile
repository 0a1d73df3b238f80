# Web and worker of Kiểm Tin; the database is a server of its own (see compose.yaml).
# scripts/check_dockerfile.py runs these very steps without a container engine.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/kiemtin
COPY locks/server.txt locks/server.txt
RUN /opt/kiemtin/bin/pip install --quiet --no-deps --require-hashes --requirement locks/server.txt
# The CPU build, from an index that has it: --build-arg TORCH_INDEX=…
ARG TORCH_INDEX=""
RUN /opt/kiemtin/bin/pip install --quiet ${TORCH_INDEX:+--index-url $TORCH_INDEX} torch==2.13.0
COPY pyproject.toml README.md ./
COPY app app
COPY corpus corpus
COPY intake intake
COPY models models
COPY publish publish
COPY verify verify
RUN /opt/kiemtin/bin/pip install --quiet --no-deps --no-build-isolation . && /opt/kiemtin/bin/pip check

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/kiemtin --create-home kiemtin
COPY --from=build /opt/kiemtin /opt/kiemtin
ENV PATH=/opt/kiemtin/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV HOST=0.0.0.0 PORT=8000 STATE_DIR=/var/lib/kiemtin LOG_FORMAT=json
WORKDIR /var/lib/kiemtin
USER kiemtin
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
CMD ["kiemtin", "serve"]

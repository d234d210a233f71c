# The image of `trellis serve`: one stage builds GraphiQL, one the environment, and the last has no build tools.

FROM node:24-slim AS playground
WORKDIR /playground
COPY app/http/playground/package.json app/http/playground/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY app/http/playground/ ./
RUN npm run build

FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/trellis
WORKDIR /build
COPY requirements.lock requirements-dev.lock ./
RUN sed -n '/^uv==/,/# via/p' requirements-dev.lock | pip install --no-cache-dir --require-hashes -r /dev/stdin
RUN uv venv "$VIRTUAL_ENV" && uv pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY alembic/ alembic/
COPY app/ app/
COPY --from=playground /playground/dist app/http/playground/dist
RUN uv build --wheel --build-constraints requirements-dev.lock --require-hashes \
    && uv pip install --no-deps dist/*.whl

FROM python:3.13-slim
# A number rather than a name, so that Kubernetes can see that it is not root.
RUN useradd --system --uid 10001 --no-create-home trellis
COPY --from=build /opt/trellis /opt/trellis
ENV PATH=/opt/trellis/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8000
# Asks whether the process answers, not whether PostgreSQL does: restarting the server would not mend that.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["trellis", "serve", "--host", "0.0.0.0"]

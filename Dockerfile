FROM node:24-slim AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && mkdir libraries && cp \
    node_modules/htmx.org/dist/htmx.min.js node_modules/htmx.org/dist/ext/hx-sse.min.js \
    node_modules/@fontsource-variable/heebo/files/heebo-latin-wght-normal.woff2 \
    node_modules/@fontsource-variable/heebo/files/heebo-hebrew-wght-normal.woff2 libraries/

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/ringback
COPY requirements-image.lock .
RUN /opt/ringback/bin/pip install --no-cache-dir --require-hashes -r requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY orchestrator orchestrator
COPY workflows workflows
COPY activities activities
COPY api api
COPY --from=assets /src/libraries api/pages/libraries
RUN /opt/ringback/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/ringback ringback
COPY --from=build /opt/ringback /opt/ringback
ENV PATH=/opt/ringback/bin:$PATH RINGBACK_DATA=/var/lib/ringback PYTHONUNBUFFERED=1
USER ringback
EXPOSE 8080
ENTRYPOINT ["ringback"]
CMD ["doctor"]

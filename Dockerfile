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
RUN /opt/ringback/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/ringback ringback
COPY --from=build /opt/ringback /opt/ringback
ENV PATH=/opt/ringback/bin:$PATH RINGBACK_DATA=/var/lib/ringback PYTHONUNBUFFERED=1
USER ringback
EXPOSE 8080
ENTRYPOINT ["ringback"]
CMD ["doctor"]

# One image for worker, recorder and adapter; the verb says which. Kafka and PostgreSQL are images of their own.
FROM python:3.11.14-slim-bookworm

# lightgbm and scikit-learn compute with OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt

COPY features features
COPY meta meta
COPY storage storage
COPY stream stream
COPY settings settings
COPY cli cli
COPY flagfive.toml flagfive.toml

# numba keeps compiled kernels beside var/, so that a restart does not compile again.
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/app/var/numba
RUN useradd --system --uid 10001 flagfive && mkdir var && chown flagfive var
USER flagfive
ENTRYPOINT ["python", "-P", "-m", "cli"]
CMD ["--help"]

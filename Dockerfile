# One image for every process of flagfive; the verb says which. Kafka and PostgreSQL are images of their own.
ARG PYTHON=3.11.14-slim-bookworm

FROM python:${PYTHON} AS environment
# Wheels only, each checked by its hash: nothing is compiled and no build tool is needed.
COPY requirements/runtime.txt /requirements.txt
RUN python -m venv /environment \
    && /environment/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r /requirements.txt

FROM python:${PYTHON}
# lightgbm and scikit-learn compute with OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home flagfive

COPY --from=environment /environment /environment
WORKDIR /app
COPY features features
COPY meta meta
COPY storage storage
COPY contracts contracts
COPY control control
COPY stream stream
COPY adaptation adaptation
COPY recorder recorder
COPY decisions decisions
COPY simulate simulate
COPY replay replay
COPY rules rules
COPY monitoring monitoring
COPY evidence evidence
COPY console console
COPY settings settings
COPY flagfive flagfive
COPY flagfive.toml flagfive.toml

# Code is root's and read-only to the process. All that it writes lies in /app/var: compiled kernels too, so
# that a restart does not compile again.
ENV PATH=/environment/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/app/var/numba
RUN mkdir var && chown flagfive var
VOLUME /app/var
USER 10001
ENTRYPOINT ["python", "-P", "-m", "flagfive"]
CMD ["--help"]
